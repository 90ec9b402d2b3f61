"""Doses: what was typed becomes picograms at times, once and for all."""

from __future__ import annotations

from knuffel.errors import UnitError
from knuffel.scenario.model import DoseSpec, SubjectSpec
from knuffel.scenario.quantities import Quantity
from knuffel.scenario.schema_events import Dose
from knuffel.scenario.times import Times, time_text
from knuffel.scenario.tree import Path, Problems
from knuffel.units import UG_PER_IU, unit_factor

__all__ = ["read_doses"]

_DRUGS = ("oxytocin",)
_KEYS = {
    "iv_bolus": ("amount", "at", "over"),
    "iv_infusion": ("rate", "start", "end", "duration", "steps"),
}
_LATER_DRUGS = frozenset(
    {
        "carbetocin",
        "atosiban",
        "barusiban",
        "retosiban",
        "vasopressin",
        "desmopressin",
        "morphine",
        "naloxone",
        "epidural",
    }
)
_LATER_ROUTES = frozenset(
    {
        "im",
        "sc",
        "nasal",
        "intranasal",
        "intranasal_spray",
        "inhaled",
        "inhaled_dry_powder",
        "sublingual",
        "buccal",
        "oral",
        "icv",
    }
)
_AMBER_RATE, _RED_RATE, _LARGE_BOLUS = 40, 60, 100
"""mU/min, mU/min and IU above which a dose in a person gets a notice (assumed: our design)."""
_MOST_STEPS = 1000

Segment = tuple[int, int, float]


def read_doses(
    items: list[Dose | None] | None, subject: SubjectSpec | None, times: Times, problems: Problems
) -> tuple[DoseSpec, ...]:
    """Return the doses that are sound, in the order of the file."""
    found = []
    for place, item in enumerate(items or []):
        if item is not None:
            spec = _Reader(item, ("doses", place), subject, times, problems).read()
            found += [] if spec is None else [spec]
    return tuple(found)


class _Reader:
    """Reads one dose."""

    def __init__(self, item: Dose, path: Path, subject: SubjectSpec | None, times: Times, problems: Problems) -> None:
        self.item, self.path, self.subject, self.times, self.problems = item, path, subject, times, problems

    def read(self) -> DoseSpec | None:
        item = self.item
        known = self._known("drug", item.drug, _DRUGS, _LATER_DRUGS)
        known = self._known("route", item.route, tuple(_KEYS), _LATER_ROUTES) and known
        if item.route not in _KEYS:
            return None
        for keys in _KEYS.values():
            for key in keys:
                if key not in _KEYS[item.route] and getattr(item, key) is not None:
                    allowed = ", ".join(("drug", "route", *_KEYS[item.route]))
                    self._problem(key, f"this key does nothing for {item.route}", allowed=allowed, at_key=True)
        segments, amounts, text = self._bolus() if item.route == "iv_bolus" else self._infusion()
        if not known:
            return None
        return DoseSpec(
            drug=str(item.drug),
            route=item.route,
            segments=tuple(segments),
            amounts=tuple(amounts),
            text=f"{item.drug} {item.route} {text}",
            where=self.problems.where(self.path),
        )

    def _problem(self, key: str, message: str, **facts: object) -> None:
        self.problems.add((*self.path, key), message, **facts)  # type: ignore[arg-type]

    def _known(self, key: str, word: str | None, names: tuple[str, ...], later: frozenset[str]) -> bool:
        if word is None:
            return False
        if word in names:
            return True
        message = f"this version does not have this {key} yet" if word in later else f"there is no such {key}"
        self._problem(key, message, allowed=names, near=None if word in later else word)
        return False

    def _needed(self, key: str) -> bool:
        """Report a missing key; False when there is nothing to work with."""
        if getattr(self.item, key) is not None:
            return True
        if not self.problems.spoiled_below(*self.path, key):
            self._problem(key, f"{self.item.route} needs this key", show_found=False)
        return False

    def _bolus(self) -> tuple[list[Segment], list[tuple[int, float]], str]:
        item = self.item
        both = [self._needed(key) for key in ("amount", "at")]
        at = self.times.moment(item.at, (*self.path, "at"), inside=True)
        over = self.times.span(item.over, (*self.path, "over"), zero=True) or 0
        if item.amount is None or not all(both):
            return [], [], ""
        amount = self._positive("amount", item.amount)
        if self._human() and amount / _pg_per("IU") > _LARGE_BOLUS:
            text = f"{item.amount.text} is a very large bolus (more than {_LARGE_BOLUS} IU)"
            self.problems.notice("large_bolus", (*self.path, "amount"), text)
        if at is None:
            return [], [], ""
        text = f"{item.amount.text} at {time_text(at)}" + (f" over {time_text(over)}" if over else "")
        if not over:
            return [], [(at, amount)], text
        end = self._clipped(at + over, "over")
        return [(at, end, amount * 1000 / over)], [], text

    def _infusion(self) -> tuple[list[Segment], list[tuple[int, float]], str]:
        item = self.item
        steps = self._steps()
        start = self.times.moment(item.start, (*self.path, "start"), inside=True)
        if item.start is None and steps:
            start = steps[0][0]
        elif item.steps is None or item.start is not None:
            self._needed("start")
        end = self._end(start)
        if item.steps is not None and item.rate is not None:
            self._problem("rate", "rate and steps exclude each other: put the first rate in steps")
        elif item.steps is None and not self.problems.spoiled_below(*self.path, "steps") and self._needed("rate"):
            steps = [] if start is None or item.rate is None else [(start, self._positive("rate", item.rate))]
        if start is None or end is None or not steps:
            return [], [], ""
        return self._segments(start, end, steps)

    def _segments(
        self, start: int, end: int, steps: list[tuple[int, float]]
    ) -> tuple[list[Segment], list[tuple[int, float]], str]:
        for place, (time, _) in enumerate(steps):
            where: Path = (*self.path, "steps", place, "at")
            if self.item.steps is not None and not start <= time < end:
                allowed = f"{time_text(start)} to {time_text(end)}"
                self.problems.add(where, "this step lies outside the infusion", allowed=allowed)
            if place and time <= steps[place - 1][0]:
                self.problems.add(
                    where,
                    "the steps have to be in order of time",
                    allowed=f"later than {time_text(steps[place - 1][0])}",
                )
        stop = self._clipped(end, "duration" if self.item.duration is not None else "end")
        bounds = [time for time, _ in steps[1:]] + [end]
        segments = [
            (time, min(until, stop), rate)
            for (time, rate), until in zip(steps, bounds, strict=True)
            if time < min(until, stop)
        ]
        self._notice_rate(max(rate for _, rate in steps))
        span = f"{time_text(start)} to {time_text(end)}"
        given = f"{self.item.rate.text} from" if self.item.rate is not None else f"{self._range()},"
        return segments, [], f"{given} {span}"

    def _range(self) -> str:
        """Return the first and the last rate of the steps as typed, the unit once when both have the same one."""
        typed = [step.rate.text.strip() for step in self.item.steps or () if step is not None and step.rate is not None]
        if len(typed) < 2:
            return f"{typed[0] if typed else ''} in 1 step"
        first, last = typed[0], typed[-1]
        number, _, unit = first.partition(" ")
        if unit and last.partition(" ")[2] == unit:
            first = number
        return f"{first} to {last} in {len(typed)} steps"

    def _steps(self) -> list[tuple[int, float]]:
        items = self.item.steps
        if items is None:
            return []
        if not items:
            self._problem("steps", "there are no steps", allowed="for instance [{at: 0 min, rate: 1 mU/min}]")
        if len(items) > _MOST_STEPS:
            self._problem("steps", "there are too many steps", allowed=f"at most {_MOST_STEPS}")
            return []
        found = []
        for place, step in enumerate(items):
            if step is None or step.at is None or step.rate is None:
                continue
            time = self.times.moment(step.at, (*self.path, "steps", place, "at"))
            rate = self._positive("steps", step.rate, place)
            found += [] if time is None else [(time, rate)]
        return found if len(found) == len(items) else []

    def _end(self, start: int | None) -> int | None:
        item = self.item
        length = self.times.span(item.duration, (*self.path, "duration"))
        if item.duration is not None:
            if item.end is not None:
                self._problem("end", "end and duration exclude each other")
            return None if length is None or start is None else start + length
        if self.problems.spoiled(*self.path, "duration") or not self._needed("end"):
            return None
        end = self.times.moment(item.end, (*self.path, "end"))
        if end is not None and start is not None and end <= start:
            self._problem(
                "end", "the infusion ends before it starts", allowed=f"later than the start, {time_text(start)}"
            )
            return None
        return end

    def _clipped(self, end: int, key: str) -> int:
        duration = self.times.duration
        if duration is None or end <= duration:
            return end
        text = f"the dose goes on after the end of the scenario; what comes after {time_text(duration)} is not given"
        self.problems.notice("dose_clipped", (*self.path, key), text)
        return duration

    def _positive(self, key: str, quantity: Quantity, place: int | None = None) -> float:
        if quantity.value < 0:
            path = (*self.path, key) if place is None else (*self.path, key, place, "rate")
            self.problems.add(path, "a dose cannot be below zero", allowed="0 or more")
            return 0.0
        return quantity.value

    def _human(self) -> bool:
        return self.subject is not None and self.subject.species == "human"

    def _notice_rate(self, rate: float) -> None:
        milliunits = rate / _pg_per("mU/min")
        if not self._human() or milliunits <= _AMBER_RATE:
            return
        key = "rate" if self.item.rate is not None else "steps"
        limit, grade = (_RED_RATE, "red") if milliunits > _RED_RATE else (_AMBER_RATE, "amber")
        text = f"{milliunits:.4g} mU/min is above {limit} mU/min ({grade}): higher than any protocol that is in use"
        self.problems.notice(f"high_rate_{grade}", (*self.path, key), text)


def _pg_per(unit: str) -> float:
    """Return the pg (or pg/s) of oxytocin in one ``unit``."""
    try:
        return unit_factor(unit, "pg/s" if "/" in unit else "pg", UG_PER_IU["oxytocin"])
    except UnitError as error:  # cannot happen with the units of this file
        raise AssertionError(unit) from error
