"""Prescribed signals: what a user gives in place of a component's output. Times are engine ms, values port units."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["ConstantSignal", "EventSignal", "FunctionSignal", "LevelSignal", "TableSignal"]

Floats = npt.NDArray[np.float64]


class LevelSignal(Protocol):
    """A number that changes in time."""

    @property
    def interval(self) -> int | None:
        """Return the longest step in ms at which it is resolved (None: exact between edges)."""
        ...

    def edges(self) -> Sequence[int]:
        """Return the times at which the value or its slope jumps."""
        ...

    def limits(self, t: int, end: int) -> tuple[float, float]:
        """Return the right limit at ``t`` and the left limit at ``end``; no edge lies between."""
        ...

    def integral(self, t: int, end: int) -> float:
        """Return the integral over seconds from ``t`` to ``end``; no edge lies between."""
        ...


@dataclass(frozen=True)
class ConstantSignal:
    """The same value at all times."""

    value: float
    interval: int | None = None

    def edges(self) -> Sequence[int]:
        """Return no times."""
        return ()

    def limits(self, t: int, end: int) -> tuple[float, float]:
        """Return the value twice."""
        return self.value, self.value

    def integral(self, t: int, end: int) -> float:
        """Return value times duration."""
        return self.value * (end - t) / 1000


@dataclass(frozen=True)
class TableSignal:
    """Values at given times, joined by straight lines or held (``step``); the first and last value are held outside."""

    times: tuple[int, ...]
    values: tuple[float, ...]
    step: bool = False
    interval: int | None = None

    def edges(self) -> Sequence[int]:
        """Return the times of the table."""
        return self.times

    def limits(self, t: int, end: int) -> tuple[float, float]:
        """Return the limits inside the piece that holds ``t`` and ``end``."""
        if self.step:
            place = int(np.searchsorted(self.times, t, side="right")) - 1
            value = self.values[max(place, 0)]
            return value, value
        start, stop = np.interp([t, end], self.times, self.values)
        return float(start), float(stop)

    def integral(self, t: int, end: int) -> float:
        """Return the integral by the trapezium, exact between edges."""
        start, stop = self.limits(t, end)
        return 0.5 * (start + stop) * (end - t) / 1000


_GAUSS_NODES, _GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(5)


@dataclass(frozen=True)
class FunctionSignal:
    """A function of time in seconds, sampled every ``interval`` ms and integrated by five Gauss points.

    Before time zero, in a warm-up, it holds its value at zero, as a table holds its first value.
    """

    function: Callable[[Floats], Floats]
    interval: int | None = 10_000

    def edges(self) -> Sequence[int]:
        """Return no times: an expression is taken as smooth."""
        return ()

    def limits(self, t: int, end: int) -> tuple[float, float]:
        """Return the function at both ends."""
        start, stop = self.function(np.maximum([t, end], 0) / 1000)
        return float(start), float(stop)

    def integral(self, t: int, end: int) -> float:
        """Return the Gauss-Legendre integral over seconds."""
        half = (end - t) / 2000
        values = self.function(np.maximum(t / 1000 + half * (1 + _GAUSS_NODES), 0))
        return float(half * np.dot(_GAUSS_WEIGHTS, values))


@dataclass(frozen=True)
class EventSignal:
    """Events at given times, the same for ``count`` indices (cells) of every subject."""

    times: tuple[int, ...]
    count: int = 1
    interval: int | None = 1000

    def edges(self) -> Sequence[int]:
        """Return no times: events lie inside intervals."""
        return ()

    def between(self, t: int, end: int) -> npt.NDArray[np.int64]:
        """Return the event times in [t, end), ascending."""
        first, last = bisect_left(self.times, t), bisect_left(self.times, end)
        return np.array(self.times[first:last], dtype=np.int64)
