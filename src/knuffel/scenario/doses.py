"""All doses of a scenario, and the protocol of an induction if there is one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from knuffel.body.doses import INDUCING, INFUSION
from knuffel.scenario.dose import DoseReader
from knuffel.scenario.dose_sums import notice_sums
from knuffel.scenario.model import DoseSpec, ProtocolSpec, SubjectSpec
from knuffel.scenario.protocols import read_protocol
from knuffel.scenario.schema_events import Dose
from knuffel.scenario.times import Times
from knuffel.scenario.tree import Path, Problems

__all__ = ["as_dose", "read_doses"]


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
    notice_sums(found, induction, subject, problems)
    return tuple(found), induction


def given_by(doses: Iterable[DoseSpec]) -> frozenset[tuple[str, str]]:
    """Return the (drug, route) pairs of doses."""
    return frozenset((dose.drug, dose.route) for dose in doses)


def as_dose(plan: ProtocolSpec) -> DoseSpec:
    """Return an induction as the infusion that it begins with: for what depends on its drug and length only."""
    return DoseSpec(INDUCING, INFUSION, ((plan.start, plan.end, plan.first),), (), plan.text, plan.where)
