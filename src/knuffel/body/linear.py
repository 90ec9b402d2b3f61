"""Linear exchange between compartments, moved exactly over any time; shared by the rooms that have such compartments.

Amounts x of compartments that hand on a share of what they hold, with constant supplies u over a step:

    dx/dt = A x + B u        A has no negative number off its diagonal

so exp(A t) has none at all. It is computed without a subtraction: exp(A t) = exp(-q t) exp((A + q I) t) with q so large
that A + q I holds no negative number, a Taylor series of non-negative terms, and squarings. Every single entry is then
right to about q t rounding errors, however small it is beside the others. Source: Xue & Ye 2013, DOI
10.1090/S0025-5718-2013-02677-4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from knuffel.body.contract import Floats

__all__ = ["Flow", "LinearSystem", "exponential", "move"]

_TERMS = 18
_MEMORY = 2**26  # bytes of remembered steps
_MOST_STEPS = 512


@dataclass(frozen=True)
class Flow:
    """What goes from ``source`` to ``target`` at ``rate`` (1/s of what the source holds; a number or (subject,)).

    A ``target`` "" is out of sight. A flow that ``copies`` leaves the source as it is: the target grows at that rate.
    """

    source: str
    target: str
    rate: Any
    copies: bool = False


class LinearSystem:
    """Compartments, sinks and supplies with constant rates; remembers the steps that it has computed.

    ``compartments`` hold amounts; ``sinks`` collect and give nothing back; ``supplied`` names the compartments that
    take a supply from outside. Rates are numbers or arrays of shape (subject,).
    """

    def __init__(
        self, compartments: Sequence[str], sinks: Sequence[str], supplied: Sequence[str], flows: Sequence[Flow]
    ) -> None:
        self.compartments, self.sinks, self.supplied = tuple(compartments), tuple(sinks), tuple(supplied)
        self._places: Mapping[str, int] = {name: place for place, name in enumerate((*self.compartments, *self.sinks))}
        size = len(self._places) + len(self.supplied)
        rows = np.broadcast_shapes((1,), *(np.shape(flow.rate) for flow in flows))[0]
        self._rates = np.zeros((rows, size, size))
        for flow in flows:
            source = self._places[flow.source]
            if flow.target:
                self._rates[:, self._places[flow.target], source] += flow.rate
            if not flow.copies:
                self._rates[:, source, source] -= flow.rate
        self._steps: dict[int, Floats] = {}

    @property
    def rates(self) -> Floats:
        """The matrix A with a column for each supply, (row, n, n), in 1/s; the columns of supplies are empty."""
        return self._rates

    def step(self, dt: int) -> Floats:
        """Return `over` for ``dt`` ms, remembered."""
        found = self._steps.get(dt)
        if found is None:
            found = self.over(dt / 1000)
            if len(self._steps) >= max(1, min(_MOST_STEPS, _MEMORY // found.nbytes)):
                self._steps.pop(next(iter(self._steps)))
            self._steps[dt] = found
        return found

    def over(self, seconds: float) -> Floats:
        """Return the exact step: (row, target, source) of what compartments held, then of what was supplied in all.

        Targets are compartments, then sinks (what came into them); sources compartments, sinks, supplies. There is one
        row for each subject, or a single one when all have the same numbers.
        """
        held = len(self._places)
        matrix = self._rates * seconds
        for column, name in enumerate(self.supplied):
            # The supply is what comes in all, so its column holds 1 whatever the length of the step.
            matrix[:, self._places[name], held + column] = 1.0
        return np.ascontiguousarray(exponential(matrix)[:, :held, :])

    def forget(self) -> None:
        """Drop the steps that are held in memory."""
        self._steps.clear()

    def remembered(self) -> int:
        """Return how many steps are held in memory."""
        return len(self._steps)

    def move(self, amounts: Floats, supplies: Floats, dt: int) -> tuple[Floats, Floats]:
        """Return what compartments (subject, compartment) hold after ``dt`` ms and what came into the sinks.

        ``supplies`` (subject, supplied) is what comes in over the interval in all, at a constant rate.
        """
        after, gone = np.empty_like(amounts), np.empty((len(amounts), len(self.sinks)))
        move(self.step(dt), amounts, supplies, after, gone)
        return after, gone


@njit(cache=True, nogil=True, error_model="numpy")
def exponential(matrices: Floats) -> Floats:
    """Return exp of each of ``matrices`` (row, n, n), which hold no negative number off their diagonals."""
    rows, size = matrices.shape[0], matrices.shape[1]
    result = np.empty_like(matrices)
    base, total, spare = np.empty((size, size)), np.empty((size, size)), np.empty((size, size))
    for row in range(rows):
        shift, norm = 0.0, 0.0
        for i in range(size):
            shift = max(shift, -matrices[row, i, i])
        for j in range(size):
            column = shift
            for i in range(size):
                column += matrices[row, i, j]
            norm = max(norm, column)
        squarings = 0
        while norm > 1.0:
            norm *= 0.5
            squarings += 1
        scale = 0.5**squarings
        for i in range(size):
            for j in range(size):
                base[i, j] = matrices[row, i, j] * scale
                total[i, j] = 1.0 if i == j else 0.0
            base[i, i] += shift * scale
        for term in range(_TERMS, 0, -1):  # Horner: 1 + b (1 + b/2 (1 + b/3 (…)))
            _product(base, total, spare)
            for i in range(size):
                for j in range(size):
                    total[i, j] = spare[i, j] / term + (1.0 if i == j else 0.0)
        decay = np.exp(-shift * scale)
        for i in range(size):
            for j in range(size):
                total[i, j] *= decay
        for _ in range(squarings):
            _product(total, total, spare)
            total, spare = spare, total
        result[row] = total
    return result


@njit(cache=True, nogil=True, error_model="numpy")
def _product(left: Floats, right: Floats, result: Floats) -> None:
    size = len(left)
    for i in range(size):
        for j in range(size):
            result[i, j] = 0.0
        for k in range(size):
            factor = left[i, k]
            if factor != 0.0:
                for j in range(size):
                    result[i, j] += factor * right[k, j]


@njit(cache=True, nogil=True, error_model="numpy")
def move(moves: Floats, amounts: Floats, supplies: Floats, after: Floats, gone: Floats) -> None:
    """Write into ``after`` what compartments hold after a step, and into ``gone`` what came into the sinks."""
    held, collected = amounts.shape[1], gone.shape[1]
    many = moves.shape[0] > 1
    for subject in range(amounts.shape[0]):
        step = moves[subject if many else 0]
        for target in range(held + collected):
            total = 0.0
            for source in range(held):
                total += step[target, source] * amounts[subject, source]
            for source in range(supplies.shape[1]):
                total += step[target, held + collected + source] * supplies[subject, source]
            if target < held:
                after[subject, target] = total
            else:
                gone[subject, target - held] = total
