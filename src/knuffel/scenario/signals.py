"""Prescribed outputs: a constant, a table, a formula or events, checked against the port that they stand in for."""

from __future__ import annotations

from math import ceil, isfinite

from knuffel.body.contract import Kind, Port
from knuffel.errors import ScenarioError, UnitError
from knuffel.scenario.expression import compile_expression
from knuffel.scenario.model import SignalSpec
from knuffel.scenario.quantities import TimeText, quantity_of
from knuffel.scenario.schema_body import Signal, Train
from knuffel.scenario.times import Times
from knuffel.scenario.tree import Path, Problems

__all__ = ["MOST_EVENTS", "read_signal"]

_FORMS = ("value", "table", "expression", "times", "train")
_LEVEL_FORMS = ("value", "table", "expression")
MOST_EVENTS = 1_000_000
_PROBES = 401


def read_signal(item: Signal, port: Port, path: Path, times: Times, problems: Problems) -> SignalSpec | None:
    """Return the signal of one port, or None when it is wrong."""
    written = [form for form in _FORMS if getattr(item, form) is not None]
    allowed = ", ".join(_FORMS[3:] if port.kind is Kind.EVENTS else _LEVEL_FORMS)
    if len(written) != 1:
        if not problems.spoiled_below(*path):
            found = " and ".join(written) or "none"
            problems.add(path, "an output needs exactly one form", found=found, allowed=allowed)
        return None
    form = written[0]
    if (form in _LEVEL_FORMS) == (port.kind is Kind.EVENTS):
        what = "events" if port.kind is Kind.EVENTS else f"a {port.kind}"
        problems.add((*path, form), f"{port.name} is {what}: this form does not fit", allowed=allowed, at_key=True)
        return None
    _check_companions(item, form, path, problems)
    reader = _Reader(item, port, path, times, problems)
    if port.kind is Kind.EVENTS:
        return reader.events()
    return reader.value() if form == "value" else reader.table() if form == "table" else reader.expression()


def _check_companions(item: Signal, form: str, path: Path, problems: Problems) -> None:
    for key, needs in (("interpolation", "table"), ("unit", "expression")):
        if getattr(item, key) is not None and form != needs:
            problems.add((*path, key), f"{key} belongs to {needs}", at_key=True)


class _Reader:
    """Reads one signal; each method is a form."""

    def __init__(self, item: Signal, port: Port, path: Path, times: Times, problems: Problems) -> None:
        self.item, self.port, self.path, self.clock, self.problems = item, port, path, times, problems

    def _number(self, text: str, path: Path) -> float | None:
        try:
            value = quantity_of(text, self.port.unit)
        except UnitError as error:
            self.problems.add(path, error.message, found=error.found, allowed=error.allowed)
            return None
        return value if self._in_range(value, path) else None

    def _in_range(self, value: float, path: Path, when: str = "") -> bool:
        low, high = self.port.range
        if isfinite(value) and low <= value <= high:
            return True
        allowed = f"{low:g} to {high:g} {self.port.unit}"
        self.problems.add(path, f"{self.port.name} is out of its range{when}", found=f"{value:g}", allowed=allowed)
        return False

    def value(self) -> SignalSpec | None:
        """Read a constant."""
        number = self._number(str(self.item.value), (*self.path, "value"))
        return None if number is None else SignalSpec("constant", self.port.unit, value=number, where=self._where())

    def table(self) -> SignalSpec | None:
        """Read pairs of time and value."""
        rows = self.item.table or []
        path: Path = (*self.path, "table")
        if not rows:
            self.problems.add(path, "the table is empty", allowed="[[time, value], …]")
            return None
        times: list[int] = []
        values: list[float] = []
        for place, row in enumerate(rows):
            if row is None or len(row) != 2 or row[0] is None or row[1] is None:
                if not self.problems.spoiled_below(*path, place):
                    self.problems.add(
                        (*path, place), "a row is a pair", allowed="[time, value], such as [10 min, 5 pg/mL]"
                    )
                continue
            time = self._time(row[0], (*path, place, 0))
            number = self._number(row[1], (*path, place, 1))
            if time is None or number is None:
                continue
            if times and time <= times[-1]:
                self.problems.add((*path, place, 0), "the times of a table have to rise")
                continue
            times.append(time)
            values.append(number)
        if len(times) < len(rows):
            return None
        return SignalSpec(
            "table",
            self.port.unit,
            times=tuple(times),
            values=tuple(values),
            interpolation=str(self.item.interpolation or "linear"),
            where=self._where(),
        )

    def expression(self) -> SignalSpec | None:
        """Read a formula, and try it over the whole run."""
        import numpy as np

        path: Path = (*self.path, "expression")
        text = str(self.item.expression)
        unit_sound = self._same_unit()
        try:
            function = compile_expression(text)
        except ScenarioError as error:
            for problem in error.problems:
                self.problems.add(path, problem.message, found=problem.found, allowed=problem.allowed, show_found=False)
            return None
        end = (self.clock.duration or 0) / 1000
        seconds = np.linspace(0, end, _PROBES)
        values = function(seconds)
        low, high = self.port.range
        wrong = np.flatnonzero(~(np.isfinite(values) & (values >= low) & (values <= high)))
        if len(wrong):
            self._in_range(float(values[wrong[0]]), path, f" at t = {seconds[wrong[0]]:g} s")
            return None
        return SignalSpec("expression", self.port.unit, expression=text, where=self._where()) if unit_sound else None

    def _same_unit(self) -> bool:
        unit, path = self.item.unit, (*self.path, "unit")
        if unit is None:
            if self.port.unit != "1" and not self.problems.spoiled(*path):
                self.problems.add(path, "an expression needs its unit", allowed=self.port.unit, show_found=False)
                return False
            return not self.problems.spoiled(*path)
        if unit.strip() != self.port.unit:
            # A formula is not rescaled: what is written is what runs.
            self.problems.add(path, "an expression has to be in the unit of the port", allowed=self.port.unit)
            return False
        return True

    def events(self) -> SignalSpec | None:
        """Read the times of events, or a train of them."""
        if self.port.columns:
            names = ", ".join(name for name, _ in self.port.columns)
            self.problems.add(
                self.path, f"{self.port.name} cannot be prescribed: its events carry {names}", show_found=False
            )
            return None
        times = self._train(self.item.train) if self.item.train is not None else self._times()
        return None if times is None else SignalSpec("events", "ms", event_times=times, where=self._where())

    def _times(self) -> tuple[int, ...] | None:
        found: list[int] = []
        for place, item in enumerate(self.item.times or []):
            time = self.clock.moment(item, (*self.path, "times", place))
            if time is None:
                continue
            if found and time <= found[-1]:
                self.problems.add((*self.path, "times", place), "the times of events have to rise, by 1 ms at least")
                continue
            found.append(time)
        return tuple(found)

    def _train(self, train: Train) -> tuple[int, ...] | None:
        path: Path = (*self.path, "train")
        start = self.clock.moment(train.start, (*path, "start"), inside=True)
        duration = self.clock.span(train.duration, (*path, "duration"))
        if train.rate is None or start is None or duration is None:
            return None
        rate = train.rate.value
        if not 0 < rate <= 1000:
            self.problems.add((*path, "rate"), "the rate is out of range", allowed="above 0 to 1000 Hz")
            return None
        count = int(rate * duration / 1000 + 1e-9)
        if count > MOST_EVENTS:
            self.problems.add(path, "the train has too many events", found=str(count), allowed=f"at most {MOST_EVENTS}")
            return None
        # The small number undoes rounding errors of the division, which would push an exact ms to the next one.
        return tuple(start + ceil(place * 1000 / rate - 1e-9) for place in range(1, count + 1))

    def _time(self, text: str, path: Path) -> int | None:
        from pydantic_core import PydanticCustomError

        from knuffel.scenario.quantities import read_time

        try:
            time: TimeText = read_time(text)
        except PydanticCustomError as error:
            facts = error.context or {}
            self.problems.add(path, facts["message"], found=facts["found"], allowed=facts["allowed"])
            return None
        return self.clock.moment(time, path)

    def _where(self) -> str:
        return self.problems.where(self.path)
