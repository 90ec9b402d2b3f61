"""All doses of a scenario, and the protocol of an induction if there is one."""

from __future__ import annotations

from collections.abc import Sequence

from knuffel.body.doses import INDUCING, INFUSION
from knuffel.evidence import load
from knuffel.scenario.dose import DoseReader
from knuffel.scenario.dose_units import pg_per
from knuffel.scenario.model import DoseSpec, ProtocolSpec, SubjectSpec
from knuffel.scenario.protocols import read_protocol
from knuffel.scenario.schema_events import Dose
from knuffel.scenario.times import Times
from knuffel.scenario.tree import Path, Problems

__all__ = ["as_dose", "read_doses"]

_COURSE = "atosiban"
_HOUR = 3_600_000


def read_doses(
    items: list[Dose | None] | None,
    subject: SubjectSpec | None,
    times: Times,
    problems: Problems,
    tabled: Sequence[DoseSpec] = (),
) -> tuple[tuple[DoseSpec, ...], ProtocolSpec | None]:
    """Return the doses that are sound, in the order of the file, then those of a table, and the induction."""
    found: list[DoseSpec] = []
    induction: ProtocolSpec | None = None
    for place, item in enumerate(items or []):
        path: Path = ("doses", place)
        if item is None:
            continue
        if item.protocol is None:
            found += DoseReader(item, path, subject, times, problems).read()
            continue
        doses, protocol = read_protocol(item, path, subject, times, problems)
        found += doses
        if protocol is not None and induction is not None:
            text = "there is one induction in a scenario"
            problems.add((*path, "protocol"), text, allowed="steps of an iv_infusion for the other one")
        induction = induction or protocol
    found += tabled
    _notice_courses(found, problems)
    return tuple(found), induction


def as_dose(plan: ProtocolSpec) -> DoseSpec:
    """Return an induction as the infusion that it begins with: for what depends on its drug and length only."""
    return DoseSpec(INDUCING, INFUSION, ((plan.start, plan.end, plan.first),), (), plan.text, plan.where)


def _notice_courses(doses: list[DoseSpec], problems: Problems) -> None:
    """Look at the course of each subject, and tell of one when those of several are too long or too large."""
    course = [dose for dose in doses if dose.drug == _COURSE]
    owners = {dose.subject for dose in course}
    for owner in sorted(owners - {None}, key=str) or owners:
        if _notice_course([dose for dose in course if dose.subject in (None, owner)], problems):
            return


def _notice_course(course: list[DoseSpec], problems: Problems) -> bool:
    """Say so when a course of atosiban is longer or larger than the label allows."""
    pieces = [piece for dose in course for piece in dose.segments]
    times = [time for dose in course for time, _ in dose.amounts] + [time for piece in pieces for time in piece[:2]]
    if not times:
        return False
    total = sum(amount for dose in course for _, amount in dose.amounts)
    total += sum((end - start) / 1000 * rate for start, end, rate in pieces)
    limit, longest = (load.parameters()[f"doses.{_COURSE}_course_{name}"] for name in ("limit", "duration"))
    assert not isinstance(limit.value, tuple) and not isinstance(longest.value, tuple)
    milligrams, hours = total / pg_per(limit.unit, _COURSE), (max(times) - min(times)) / _HOUR
    # The course of the label itself is a little above its limits: the bolus takes a minute.
    if milligrams > limit.value * (1 + 1e-9) or hours > longest.value + 1:
        text = f"{milligrams:.4g} mg of {_COURSE} in {hours:.3g} h is more than a course of the label "
        text += f"({limit.value:g} mg, {longest.value:g} h)"
        problems.notice("large_course", ("doses",) if problems.written("doses") else ("dose_table",), text)
        return True
    return False
