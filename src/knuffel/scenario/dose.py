"""One dose: what was typed becomes picograms at times, once and for all."""

from __future__ import annotations

from typing import Any

from knuffel.body.doses import BOLUS, INFUSION, ROUTES, WATER, WATER_ROUTES
from knuffel.errors import UnitError
from knuffel.evidence import load
from knuffel.scenario.dose_units import amount_of, concentration_of, pg_per, rate_of, unit_names, unit_word
from knuffel.scenario.model import DoseSpec, SubjectSpec
from knuffel.scenario.quantities import Quantity
from knuffel.scenario.schema_events import Dose
from knuffel.scenario.times import Times, time_text
from knuffel.scenario.tree import Path, Problems
from knuffel.units import unit_factor

__all__ = ["BOLUS_KEYS", "KEYS", "MOST_STEPS", "DoseReader", "Segment"]

BOLUS_KEYS = ("amount", "at", "over")
_INFUSION_KEYS = ("rate", "start", "end", "duration", "steps")
_BAG_KEYS = ("concentration", "sodium")
_ABSORBED_KEYS = ("amount", "at")
KEYS = {BOLUS: BOLUS_KEYS, INFUSION: (*_INFUSION_KEYS, *_BAG_KEYS)}
"""Route -> the keys that it reads; every other route reads amount and at."""

_WATER_KEYS = {INFUSION: (*_INFUSION_KEYS, "sodium"), "oral": (*BOLUS_KEYS, "sodium")}
_ALL_KEYS = tuple(dict.fromkeys((*BOLUS_KEYS, *_INFUSION_KEYS, *_BAG_KEYS)))
_PROTOCOL_KEYS = ("first", "increment", "interval", "maximum", "pauses", "rule")
_PARTNERS = {"barusiban", "retosiban", "epelsiban", "L-368899", "vasopressin"}
"""Ligands without kinetics: a concentration in the bath is a parameter of the receptors."""

_OTHER_NAMES = {"iv": "iv_bolus", "nasal": "intranasal_spray", "intranasal": "intranasal_spray", "sc": "subcutaneous"}
"""Common names of routes that are like another route."""

_FEMALE_ROUTES = frozenset({"vaginal_gel"})
MOST_STEPS = 1000

Segment = tuple[int, int, float]


class DoseReader:
    """Reads one dose of a drug, or of water, by a route."""

    def __init__(self, item: Dose, path: Path, subject: SubjectSpec | None, times: Times, problems: Problems) -> None:
        self.item, self.path, self.subject, self.times, self.problems = item, path, subject, times, problems

    def read(self) -> list[DoseSpec]:
        """Return the dose, with the fluid that it comes in when that is told; nothing when it is not sound."""
        item = self.item
        if not (self._needed("drug") & self._needed("route")):
            return []
        if not self._known_drug() or not self._known_route() or item.drug is None or item.route is None:
            return []
        own = _WATER_KEYS if item.drug == WATER else KEYS
        known = own.get(item.route, _ABSORBED_KEYS)
        for key in (*_ALL_KEYS, *_PROTOCOL_KEYS):
            if key not in known and getattr(item, key) is not None:
                allowed = ", ".join(("drug", "route", *known))
                self._problem(key, f"this key does nothing for {item.route}", allowed=allowed, at_key=True)
        segments, amounts, text = self._infusion() if item.route == INFUSION else self._amount()
        sodium, where = self._sodium(), self.problems.where(self.path)
        text = f"{item.drug} {item.route} {text}"
        held = sodium if item.drug == WATER else 0.0
        who = self.who()
        found = DoseSpec(item.drug, item.route, tuple(segments), tuple(amounts), text, where, who, sodium=held)
        fluid = self._fluid(segments, sodium, where, who) if item.drug != WATER else None
        return [found] if fluid is None else [found, fluid]

    def _sodium(self) -> float:
        """Return the mmol/L of sodium in the fluid."""
        item = self.item
        if item.sodium is None:
            return 0.0
        if item.sodium.value < 0:
            self._problem("sodium", "a concentration cannot be below zero", allowed="0 mmol/L or more")
        elif item.drug != WATER and item.route == INFUSION and item.concentration is None:
            text = "sodium says nothing unless the volume is known: give the concentration of the drug, too"
            self._problem("sodium", text, allowed="concentration: 10 IU/L")
        return item.sodium.value

    def _fluid(self, segments: list[Segment], sodium: float, where: str, who: int | None) -> DoseSpec | None:
        """Return the water that an infusion brings along, from the concentration in the bag; None when not told."""
        item, drug = self.item, str(self.item.drug)
        if item.concentration is None or item.route != INFUSION:
            return None
        if not self._human():
            self._problem("concentration", "there is no model of body water in rats", allowed="no concentration")
            return None
        try:
            content = concentration_of(item.concentration, drug)
        except UnitError as error:
            self._problem("concentration", error.message, found=error.found, allowed=error.allowed)
            return None
        if content <= 0:
            self._problem("concentration", "the fluid has to hold some of the drug", allowed="more than 0")
            return None
        pieces = tuple((start, end, rate / content) for start, end, rate in segments)
        text = f"{WATER} {INFUSION} with {drug}, {item.concentration.strip()}"
        return DoseSpec(WATER, INFUSION, pieces, (), text, where, who, sodium=sodium)

    def who(self) -> int | None:
        """Return the place of the subject who gets the dose; None when everybody does."""
        number = self.item.subject
        if number is None:
            return None
        count = 1 if self.subject is None else self.subject.count
        if not 1 <= number <= count:
            self._problem("subject", "there is no such subject", allowed=f"1 to {count} (subject.count, population.n)")
            return None
        return number - 1

    def _problem(self, key: str, message: str, **facts: Any) -> None:
        self.problems.add((*self.path, key), message, **facts)

    def _known_drug(self) -> bool:
        word = self.item.drug
        if word == WATER:
            if not self._human():
                self._problem("drug", "there is no model of body water in rats", allowed="oxytocin")
            return self._human()
        if word in ROUTES:
            if word == "oxytocin" or self._human():
                return True
            self._problem("drug", f"there are no kinetics of {word} in rats", allowed="oxytocin")
            return False
        if word in _PARTNERS:
            hint = f"body.receptors.parameters: {{{word}_concentration: …}}"
            self._problem("drug", f"there are no kinetics of {word}; only its concentration can be set", allowed=hint)
        elif word in load.drugs() or f"{word}_iv" in load.drugs():
            self._problem("drug", f"{word} is given as a stimulus, not as a dose", allowed="stimuli: a list of kinds")
        else:
            self._problem("drug", "there is no such drug", allowed=(*ROUTES, WATER), near=word)
        return False

    def _known_route(self) -> bool:
        drug, word = str(self.item.drug), self.item.route
        routes = WATER_ROUTES if drug == WATER else ROUTES[drug]
        if word not in routes:
            elsewhere = any(word in others for others in ROUTES.values())
            said = (
                "water is not given by this route"
                if drug == WATER
                else f"there are no numbers for {drug} by this route"
            )
            message = said if elsewhere else "there is no such route"
            near = None if elsewhere else _OTHER_NAMES.get(str(word), word)
            self._problem("route", message, allowed=routes, near=near)
            return False
        if word in _FEMALE_ROUTES and self.subject is not None and self.subject.sex != "female":
            self._problem("route", "this route is one of women", allowed=[name for name in routes if name != word])
            return False
        return True

    def _needed(self, key: str) -> bool:
        """Report a missing key; False when there is nothing to work with."""
        if getattr(self.item, key) is not None:
            return True
        if not self.problems.spoiled_below(*self.path, key):
            message = "this key is missing" if key in ("drug", "route") else f"{self.item.route} needs this key"
            self._problem(key, message, show_found=False)
        return False

    def quantity(self, text: str | None, path: Path, *, rate: bool = False) -> Quantity | None:
        """Return a typed amount or rate; reports what is no dose of this drug, or below zero."""
        if text is None:
            return None
        drug = str(self.item.drug)
        try:
            value = rate_of(text, drug) if rate else amount_of(text, drug)
        except UnitError as error:
            word = unit_word(text)
            names = unit_names(drug, rate=rate)
            near = word if word and word not in names else None
            # Letters in another order are the commonest slip, and the least like their unit for a measure of likeness.
            near = next((name for name in names if near and sorted(name) == sorted(near)), near)
            allowed = names if near else error.allowed
            self.problems.add(path, error.message, found=error.found, allowed=allowed, near=near)
            return None
        if value < 0:
            self.problems.add(path, "a dose cannot be below zero", allowed="0 or more")
            return None
        return Quantity(text, value)

    def _amount(self) -> tuple[list[Segment], list[tuple[int, float]], str]:
        item = self.item
        both = [self._needed(key) for key in ("amount", "at")]
        at = self.times.moment(item.at, (*self.path, "at"), inside=True)
        drunk = item.drug == WATER
        over = self.times.span(item.over, (*self.path, "over"), zero=not drunk) or 0
        if drunk and item.over is None:
            usual = load.parameters()["doses.drinking_time"]
            assert not isinstance(usual.value, tuple)
            over = round(usual.value * unit_factor(usual.unit, "ms"))
        amount = self.quantity(item.amount, (*self.path, "amount"))
        if amount is None or not all(both):
            return [], [], ""
        self._notice_amount(amount)
        if at is None:
            return [], [], ""
        text = f"{amount.text} at {time_text(at)}" + (f" over {time_text(over)}" if over else "")
        if not over:
            return [], [(at, amount.value)], text
        end = self.clipped(at + over, "over" if item.over is not None else "at")
        return [(at, end, amount.value * 1000 / over)], [], text

    def _infusion(self) -> tuple[list[Segment], list[tuple[int, float]], str]:
        item = self.item
        steps = self._steps()
        start = self.times.moment(item.start, (*self.path, "start"), inside=True)
        if item.start is None and steps:
            start = steps[0][0]
        elif item.steps is None or item.start is not None:
            self._needed("start")
        end = self.end(start)
        if item.steps is not None and item.rate is not None:
            self._problem("rate", "rate and steps exclude each other: put the first rate in steps")
        elif item.steps is None and not self.problems.spoiled_below(*self.path, "steps") and self._needed("rate"):
            rate = self.quantity(item.rate, (*self.path, "rate"), rate=True)
            steps = [] if start is None or rate is None else [(start, rate.value)]
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
        stop = self.clipped(end, "duration" if self.item.duration is not None else "end")
        bounds = [time for time, _ in steps[1:]] + [end]
        segments = [
            (time, min(until, stop), rate)
            for (time, rate), until in zip(steps, bounds, strict=True)
            if time < min(until, stop)
        ]
        self.notice_rate(max(rate for _, rate in steps), "rate" if self.item.rate is not None else "steps")
        span = f"{time_text(start)} to {time_text(end)}"
        given = f"{self.item.rate} from" if self.item.rate is not None else f"{self._range()},"
        return segments, [], f"{given} {span}"

    def _range(self) -> str:
        """Return the first and the last rate of the steps as typed, the unit once when both have the same one."""
        typed = [step.rate.strip() for step in self.item.steps or () if step is not None and step.rate is not None]
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
        if len(items) > MOST_STEPS:
            self._problem("steps", "there are too many steps", allowed=f"at most {MOST_STEPS}")
            return []
        found = []
        for place, step in enumerate(items):
            if step is None or step.at is None or step.rate is None:
                continue
            time = self.times.moment(step.at, (*self.path, "steps", place, "at"))
            rate = self.quantity(step.rate, (*self.path, "steps", place, "rate"), rate=True)
            found += [] if time is None or rate is None else [(time, rate.value)]
        return found if len(found) == len(items) else []

    def end(self, start: int | None) -> int | None:
        """Return when an infusion ends, by `end` or `duration`; None when that is not clear."""
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

    def clipped(self, end: int, key: str) -> int:
        """Return the end, or that of the scenario when it comes first, with a notice."""
        duration = self.times.duration
        if duration is None or end <= duration:
            return end
        text = f"the dose goes on after the end of the scenario; what comes after {time_text(duration)} is not given"
        self.problems.notice("dose_clipped", (*self.path, key), text)
        return duration

    def _human(self) -> bool:
        return self.subject is None or self.subject.species == "human"

    def _notice_amount(self, amount: Quantity) -> None:
        """Say so when a single dose is larger than any in use."""
        limit = load.parameters().get(f"doses.{self.item.drug}_single_limit")
        if (
            limit is None
            or isinstance(limit.value, tuple)
            or self.subject is None
            or not self._human()
            or self.item.route not in (BOLUS, "im")
        ):
            return
        if amount.value > limit.value * pg_per(limit.unit, str(self.item.drug)):
            word = "bolus" if self.item.route == BOLUS else "dose"
            text = f"{amount.text} is a very large {word} (more than {limit.value:g} {limit.unit})"
            self.problems.notice("large_bolus", (*self.path, "amount"), text)

    def notice_rate(self, rate: float, key: str) -> None:
        """Say so when an infusion (pg/s) of oxytocin is faster than any protocol in use."""
        if self.subject is None or not self._human() or self.item.drug != "oxytocin":
            return
        for grade in ("red", "amber"):
            limit = load.parameters()[f"doses.oxytocin_rate_{grade}"]
            if not isinstance(limit.value, tuple) and rate > limit.value * pg_per(limit.unit):
                text = f"{rate / pg_per(limit.unit):.4g} {limit.unit} is above {limit.value:g} {limit.unit} ({grade}): "
                text += "higher than any protocol that is in use"
                self.problems.notice(f"high_rate_{grade}", (*self.path, key), text)
                return
