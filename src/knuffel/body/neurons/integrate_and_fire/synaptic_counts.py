"""Net synaptic counts per millisecond from a random word: the Skellam law as a table of thresholds.

The number of excitatory minus inhibitory arrivals of two Poisson processes follows the Skellam law. A word u of 32
bits, read as a signed integer, is compared with rising thresholds: count = low + number of thresholds below u. A table
ends where less than half of one part in 2**32 is left on either side, so what is left out has a probability below
2**-32 at any rate.

Mostly the upper 16 bits of u decide, and the lower 16 are not even drawn: they matter only when the upper ones equal
those of a threshold. So one block of four random words serves eight milliseconds of a cell, and the law stays exact.

Plain Python on scalars and arrays: it runs as it stands and is compiled, line for line, where numba is present.
"""

from __future__ import annotations

from math import floor, sqrt
from typing import Any

import numpy as np

try:
    from numba.extending import register_jitable
except ImportError:  # the twin runs without numba

    def register_jitable(function: Any) -> Any:  # type: ignore[no-redef]
        """Return the function as it is."""
        return function


__all__ = ["BLOCK", "CENTRAL", "fill_table", "fill_tables", "reach"]

BLOCK = 8
"""Milliseconds that one block of random words serves."""

CENTRAL = 7
"""Thresholds (their upper 16 bits) that every draw is compared with, by bisection; draws beyond them are looked up in
the whole table."""

_WORDS = 2.0**32
_HALF = 2**31
_UPPER, _SIGNED = 16, 2**15


def reach(variance: float) -> int:
    """Return how many counts on either side of the mode a table needs for a variance in counts squared.

    Seven standard deviations cover a normal tail of 2**-33 (6.3); the constant covers the skewness at low rates.
    """
    return int(7 * sqrt(variance)) + 16


@register_jitable
def fill_table(excitation: float, inhibition: float, span: int, table: Any) -> tuple[int, int]:
    """Write the thresholds for expected counts (per ms) into ``table`` and return (lowest count, thresholds in use).

    The ratios of neighbouring probabilities, s(n) = p(n)/p(n-1) = E/(n + I s(n+1)) and the same with E and I exchanged
    for negative counts, come from n p(n) = E p(n-1) - I p(n+1) and are evaluated from the tail inwards, where the
    recurrence is stable; nothing overflows at any rate. ``table`` is int32 with room for 2 ``span`` + 1 values.
    """
    mode = floor(excitation - inhibition) if excitation >= inhibition else -floor(inhibition - excitation)
    first, last = mode - span, mode + span
    up = np.zeros(max(last, 0) + 2)
    for n in range(last, 0, -1):
        up[n] = excitation / (n + inhibition * up[n + 1])
    down = np.zeros(max(-first, 0) + 2)
    for n in range(-first, 0, -1):
        down[n] = inhibition / (n + excitation * down[n + 1])
    weight = np.zeros(2 * span + 1)
    weight[span] = 1.0
    total = 1.0
    for n in range(mode, last):
        ratio = up[n + 1] if n >= 0 else 1 / down[-n]
        weight[n + 1 - first] = weight[n - first] * ratio
        total += weight[n + 1 - first]
    for n in range(mode, first, -1):
        ratio = 1 / up[n] if n >= 1 else down[1 - n]
        weight[n - 1 - first] = weight[n - first] * ratio
        total += weight[n - 1 - first]
    low, used, below = last, 0, 0.0
    for place in range(2 * span + 1):
        below += weight[place]
        words = floor(below / total * _WORDS + 0.5)
        if words >= 1 and low > first + place:
            low = first + place
        if 1 <= words < _WORDS:
            table[used] = words - 1 - _HALF
            used += 1
    return low, used


@register_jitable
def fill_tables(
    excitation: Any, inhibition: Any, span: int, group: Any, table: Any, low: Any, used: Any, central: Any, least: Any
) -> int:
    """Fill one table for every run of equal lanes and return how many there are.

    ``excitation`` and ``inhibition`` are the expected counts per ms of each lane (float64); ``group`` (int32, lane)
    receives the row of its table. Rows of ``table`` (int32), ``low`` and ``used`` are as in `fill_table`; ``central``
    (int16, row x CENTRAL) are the upper halves of the thresholds around the median, padded with always and never, and
    ``least`` (int16) is the count below them.
    """
    rows = 0
    for lane in range(len(excitation)):
        if lane == 0 or excitation[lane] != excitation[lane - 1] or inhibition[lane] != inhibition[lane - 1]:
            low[rows], used[rows] = fill_table(excitation[lane], inhibition[lane], span, table[rows])
            median = 0
            while median < used[rows] and table[rows, median] <= 0:
                median += 1
            start = median - CENTRAL // 2
            for place in range(CENTRAL):
                if start + place < 0:
                    central[rows, place] = -_SIGNED
                elif start + place >= used[rows]:
                    central[rows, place] = _SIGNED - 1
                else:
                    central[rows, place] = table[rows, start + place] >> _UPPER
            least[rows] = low[rows] + start
            rows += 1
        group[lane] = rows - 1
    return rows
