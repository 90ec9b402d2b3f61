"""Drugs on a clock: what each adds to the levels of the modulators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, inf
from typing import Any

from knuffel.errors import ParameterError

__all__ = ["Dose", "DoseCourses", "from_specifications"]

_FADED = 746
"""exp(-746) is zero in double precision."""


@dataclass(frozen=True)
class Dose:
    """What a drug adds to a ``level``: ``size`` for ``duration`` ms from ``start`` ms (0: to the end of the run).

    After that it fades with the time constant ``decay`` in s; 0 is a jump.
    """

    level: str
    start: int
    duration: int
    size: float
    decay: float = 0

    @property
    def last(self) -> float:
        """The time (ms) after which it adds exactly nothing."""
        return self.start + self.duration + _FADED * 1000 * self.decay if self.duration else inf

    def at(self, t: int) -> float:
        """Return what it adds at ``t`` ms, between its start and its last."""
        over = (t - self.start - self.duration) / 1000
        return self.size if not self.duration or over <= 0 else self.size * exp(-over / self.decay)


class DoseCourses:
    """All doses of a run: the sum at every level at any time."""

    def __init__(self, doses: Sequence[Dose]) -> None:
        self._doses = doses

    def edges(self) -> list[int]:
        """Return the times (ms) at which a level or its slope jumps, ascending, each once."""
        return sorted({time for item in self._doses for time in (item.start, item.start + item.duration)})

    def at(self, t: int, *, left: bool = False) -> Mapping[str, float]:
        """Return what is added to each level at ``t`` ms: the right limit, or the left one when asked."""
        found: dict[str, float] = {}
        for item in self._doses:
            begun = item.start < t if left else item.start <= t
            ended = item.last < t if left else item.last <= t
            if begun and not ended:
                found[item.level] = found.get(item.level, 0.0) + item.at(t)
        return found


def from_specifications(specifications: Iterable[Any], profiles: Mapping[str, Any]) -> tuple[Dose, ...]:
    """Return the doses of a scenario.

    A specification has kind, start and duration (ms), intensity and values; ``profiles`` maps kinds to their evidence
    (``levels``, ``reference_dose``, ``reference_duration_s``, ``decay_s``). A drug with a dose of reference acts in
    proportion to ``values["dose"]`` for its time of reference; others with their intensity for their duration.
    Raises `ParameterError` when the dose is missing.
    """
    found = []
    for item in specifications:
        profile, values = profiles[item.kind], item.values or {}
        size, duration = item.intensity, item.duration
        if profile.reference_dose is not None:
            if "dose" not in values:
                raise ParameterError(f"{item.kind}: dose is missing")
            size = values["dose"] / profile.reference_dose
            duration = round(profile.reference_duration_s * 1000)
        found += [
            Dose(level, item.start, duration, size * effect, profile.decay_s)
            for level, effect in profile.levels.items()
        ]
    return tuple(found)
