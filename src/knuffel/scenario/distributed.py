"""How one number is distributed between subjects, as written in a scenario."""

from __future__ import annotations

from math import inf

from knuffel.errors import UnitError
from knuffel.population.distributions import Distribution
from knuffel.scenario.quantities import quantity_of
from knuffel.scenario.schema_population import Distributed
from knuffel.scenario.tree import Path, Problems

__all__ = ["read_distribution"]

_FORMS = "median and cv; mean and sd; from and to; or values"
_PLAIN = ("week", "day")
"""Units that may be left out."""

_WIDEST = 10.0
"""The largest coefficient of variation: beyond 1000 % almost all subjects have next to nothing (assumed)."""


def read_distribution(
    section: Distributed, unit: str, limits: tuple[float, float], count: int, path: Path, problems: Problems
) -> Distribution | None:
    """Return the distribution in ``unit``, or None after a mistake. ``limits`` are what is possible at most."""
    return _Reader(section, unit, limits, count, path, problems).read()


class _Reader:
    def __init__(
        self,
        section: Distributed,
        unit: str,
        limits: tuple[float, float],
        count: int,
        path: Path,
        problems: Problems,
    ) -> None:
        self.section, self.unit, self.limits, self.count = section, unit, limits, count
        self.path, self.problems = path, problems

    def read(self) -> Distribution | None:
        section = self.section
        if self.problems.spoiled_below(*self.path):
            return None
        given = {key for key in Distributed.names() if getattr(section, Distributed.attribute(key)) is not None}
        ends = given & {"from", "to"}
        if given == {"values"}:
            return self._values()
        if given - ends == {"median", "cv"}:
            cv = None if section.cv is None else section.cv.text
            return self._shape("lognormal", "median", section.median, cv, "cv")
        if given - ends == {"mean", "sd"}:
            return self._shape("normal", "mean", section.mean, section.sd, "sd")
        if given == {"from", "to"}:
            low, high = self._number("from", section.from_), self._number("to", section.to)
            if low is None or high is None or not self._ordered(low, high):
                return None
            return Distribution("uniform", low=low, high=high)
        self.problems.add(
            self.path, "this is not a distribution", found=", ".join(sorted(given)) or "nothing", allowed=_FORMS
        )
        return None

    def _shape(self, kind: str, first: str, centre: str | None, width: str | None, second: str) -> Distribution | None:
        middle = self._number(first, centre)
        unit, widest = ("1", _WIDEST) if kind == "lognormal" else (self.unit, inf)
        size = self._number(second, width, unit=unit, limits=(0.0, widest))
        low = self.limits[0] if self.section.from_ is None else self._number("from", self.section.from_)
        high = self.limits[1] if self.section.to is None else self._number("to", self.section.to)
        if middle is None or size is None or low is None or high is None or not self._ordered(low, high):
            return None
        if kind == "lognormal" and middle <= 0:
            self.problems.add((*self.path, first), "a median has to be above zero")
            return None
        if not low <= middle <= high:
            allowed = f"{low:g} to {high:g}{self._shown}"
            self.problems.add((*self.path, first), "the middle lies outside the limits", allowed=allowed)
            return None
        return Distribution(kind, middle, size, low, high)

    def _values(self) -> Distribution | None:
        written = self.section.values or []
        found = [self._number("values", text, place=place) for place, text in enumerate(written)]
        if len(written) != self.count:
            message = "every subject needs its value"
            self.problems.add(
                (*self.path, "values"), message, found=f"{len(written)} values", allowed=f"{self.count}, as many as n"
            )
            return None
        numbers = tuple(number for number in found if number is not None)
        if len(numbers) < len(written):
            return None
        return Distribution("values", low=min(numbers), high=max(numbers), values=numbers)

    @property
    def _shown(self) -> str:
        return "" if self.unit == "1" else f" {self.unit}"

    def _ordered(self, low: float, high: float) -> bool:
        if low < high:
            return True
        self.problems.add((*self.path, "to"), "the highest value is not above the lowest", allowed=f"above {low:g}")
        return False

    def _number(
        self,
        key: str,
        text: str | None,
        *,
        place: int | None = None,
        unit: str | None = None,
        limits: tuple[float, float] | None = None,
    ) -> float | None:
        path: Path = (*self.path, key) if place is None else (*self.path, key, place)
        wanted, (low, high) = unit or self.unit, limits or self.limits
        if text is None:
            self.problems.add(path, "a value is missing", allowed=f"a number{self._shown}")
            return None
        plain = wanted in _PLAIN and text.strip().lstrip("+-").replace(".", "", 1).isdigit()
        try:
            value = quantity_of(text, "1" if plain else wanted)
        except UnitError as error:
            self.problems.add(path, error.message, found=error.found, allowed=error.allowed)
            return None
        zero = self.unit == "kg" and key in ("median", "mean", "from", "values") and value == 0
        if not low <= value <= high or zero:
            allowed = f"above {low:g}{self._shown}" if zero else f"{low:g} to {high:g}{self._shown}"
            self.problems.add(path, "not a possible value", allowed=allowed)
            return None
        return value
