"""What the doses of one subject come to together: rates that add, amounts within a minute, and whole courses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from knuffel.body.doses import BOLUS, INDUCING, INFUSION
from knuffel.evidence import load
from knuffel.scenario.dose_units import pg_per
from knuffel.scenario.model import DoseSpec, ProtocolSpec, SubjectSpec
from knuffel.scenario.tree import Path, Problems

__all__ = ["notice_sums"]

_ATOSIBAN, _CARBETOCIN = "atosiban", "carbetocin"
_SINGLE = (BOLUS, "im")
"""Routes whose single doses have a limit."""

_MINUTE, _HOUR = 60_000, 3_600_000
_ROUNDING = 1 + 1e-9
"""Sums of doses that reach a limit exactly do not exceed it."""

_GRADES = ("red", "amber")


def notice_sums(
    doses: Sequence[DoseSpec], induction: ProtocolSpec | None, subject: SubjectSpec | None, problems: Problems
) -> None:
    """Tell where doses of one subject are together more than is in use; once for each kind.

    What a single dose exceeds was told where it was read, and is not told again. An induction counts with its maximum.
    """
    if subject is None or subject.species != "human":
        return
    path: Path = ("doses",) if problems.written("doses") else ("dose_table",)
    told: set[tuple[str, str]] = set()
    for own in _by_subject(doses, subject.count):
        for drug, code, text in (*_rates(own, induction), *_at_once(own), *_carbetocin(own), *_atosiban(own)):
            if (drug, code) not in told:
                told.add((drug, code))
                problems.notice(code, path, text)


def _by_subject(doses: Sequence[DoseSpec], count: int) -> Iterator[list[DoseSpec]]:
    """Yield the doses of those who have none of their own, then of every other one, with those for all among them."""
    everyone = [dose for dose in doses if dose.subject is None]
    own: dict[int, list[DoseSpec]] = {}
    for dose in doses:
        if dose.subject is not None:
            own.setdefault(dose.subject, []).append(dose)
    if len(own) < count:
        yield everyone
    for _, mine in sorted(own.items()):
        yield everyone + mine


@dataclass(frozen=True)
class _Limit:
    """A limit in pg or pg/s, and in the unit in which people know it."""

    value: float
    unit: str
    size: float

    @classmethod
    def of(cls, name: str, drug: str) -> _Limit:
        entry = load.parameters()[f"doses.{name}"]
        assert not isinstance(entry.value, tuple)
        return cls(entry.value, entry.unit, pg_per(entry.unit, drug))

    def passed(self, quantity: float) -> bool:
        return quantity > self.value * self.size * _ROUNDING

    def shown(self, quantity: float) -> str:
        return f"{quantity / self.size:.4g} {self.unit}"

    def __str__(self) -> str:
        return f"{self.value:g} {self.unit}"


def _total(dose: DoseSpec) -> float:
    """Return all of a dose, pg."""
    return sum(amount for _, amount in dose.amounts) + sum((end - at) / 1000 * rate for at, end, rate in dose.segments)


def _rates(own: list[DoseSpec], induction: ProtocolSpec | None) -> Iterator[tuple[str, str, str]]:
    """Look at infusions of oxytocin that overlap."""
    flows = [dose.segments for dose in own if (dose.drug, dose.route) == (INDUCING, INFUSION)]
    if induction is not None:
        flows.append(_induced(induction))
    if len(flows) < 2:
        return
    pieces = [piece for flow in flows for piece in flow]
    # One ends where the next begins: at equal times the ends, which are below zero, come first.
    changes = sorted([(at, rate) for at, _, rate in pieces] + [(end, -rate) for _, end, rate in pieces])
    together = float(np.cumsum([change for _, change in changes]).max(initial=0))
    alone = max((rate for _, _, rate in pieces), default=0.0)
    for grade in _GRADES:
        limit = _Limit.of(f"oxytocin_rate_{grade}", INDUCING)
        if limit.passed(alone):
            return
        if limit.passed(together):
            text = f"infusions that overlap add to {limit.shown(together)} in one subject, above {limit} ({grade})"
            text += "; the induction counts with its maximum" if induction is not None else ""
            yield INDUCING, f"high_rate_{grade}", text
            return


def _induced(plan: ProtocolSpec) -> tuple[tuple[int, int, float], ...]:
    """Return an induction at its maximum, without its pauses."""
    found, at = [], plan.start
    for begin, end in plan.pauses:
        if begin > at:
            found.append((at, begin, plan.maximum))
        at = max(at, end)
    if plan.end > at:
        found.append((at, plan.end, plan.maximum))
    return tuple(found)


def _at_once(own: list[DoseSpec]) -> Iterator[tuple[str, str, str]]:
    """Look at doses of oxytocin by one route that together come within a minute."""
    limit = _Limit.of("oxytocin_single_limit", INDUCING)
    for route, words in zip(_SINGLE, ("a vein", "muscle"), strict=True):
        given = [dose for dose in own if (dose.drug, dose.route) == (INDUCING, route)]
        if len(given) < 2 or any(limit.passed(_total(dose)) for dose in given):
            continue
        most = _most_within_a_minute(given)
        if limit.passed(most):
            text = f"doses into {words} add to {limit.shown(most)} within a minute in one subject (more than {limit})"
            yield INDUCING, "large_bolus", text


def _most_within_a_minute(given: list[DoseSpec]) -> float:
    """Return the largest amount (pg) in any minute, both of its ends included."""
    amounts = sorted(item for dose in given for item in dose.amounts)
    pieces = [piece for dose in given for piece in dose.segments]
    moments = np.array([time for time, _ in amounts])
    sums = np.concatenate(([0.0], np.cumsum([amount for _, amount in amounts])))
    changes = sorted([(at, rate) for at, _, rate in pieces] + [(end, -rate) for _, end, rate in pieces]) or [(0, 0.0)]
    times, rises = (np.array(column, dtype=float) for column in zip(*changes, strict=True))
    poured = np.concatenate(([0.0], np.cumsum(np.cumsum(rises)[:-1] * np.diff(times) / 1000)))
    # The sum is largest for a minute that begins with a dose or ends with the end of one.
    begins = np.array(sorted([*moments, *(at for at, _, _ in pieces), *(end - _MINUTE for _, end, _ in pieces)]))
    ends = begins + _MINUTE
    at_once = sums[np.searchsorted(moments, ends, "right")] - sums[np.searchsorted(moments, begins, "left")]
    slowly = np.interp(ends, times, poured) - np.interp(begins, times, poured)
    return float((at_once + slowly).max(initial=0))


def _carbetocin(own: list[DoseSpec]) -> Iterator[tuple[str, str, str]]:
    """Look at all carbetocin of a subject: the label has one dose, which is not repeated."""
    given = [dose for dose in own if dose.drug == _CARBETOCIN]
    limit = _Limit.of("carbetocin_single_limit", _CARBETOCIN)
    if any(limit.passed(_total(dose)) for dose in given if dose.route in _SINGLE):
        return
    total = sum(map(_total, given))
    if limit.passed(total):
        text = f"{limit.shown(total)} of {_CARBETOCIN} in all is more than the one dose of the label ({limit})"
        yield _CARBETOCIN, "large_course", text


def _atosiban(own: list[DoseSpec]) -> Iterator[tuple[str, str, str]]:
    """Say so when a course of atosiban is longer or larger than the label allows."""
    course = [dose for dose in own if dose.drug == _ATOSIBAN]
    pieces = [piece for dose in course for piece in dose.segments]
    times = [time for dose in course for time, _ in dose.amounts] + [time for piece in pieces for time in piece[:2]]
    if not times:
        return
    limit = _Limit.of(f"{_ATOSIBAN}_course_limit", _ATOSIBAN)
    longest = load.parameters()[f"doses.{_ATOSIBAN}_course_duration"].value
    assert not isinstance(longest, tuple)
    total, hours = sum(map(_total, course)), (max(times) - min(times)) / _HOUR
    # The course of the label itself is a little above its limits: the bolus takes a minute.
    if limit.passed(total) or hours > longest + 1:
        text = f"{limit.shown(total)} of {_ATOSIBAN} in {hours:.3g} h is more than a course of the label "
        yield _ATOSIBAN, "large_course", text + f"({limit}, {longest:g} h)"
