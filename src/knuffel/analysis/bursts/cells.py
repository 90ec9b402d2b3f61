"""Bursts of single cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knuffel.analysis.bursts.definitions import Definitions, Floats, Ints, checked, definitions

__all__ = ["CellBursts", "cell_bursts", "find"]


@dataclass(frozen=True, eq=False)
class CellBursts:
    """Bursts of cells in the order of their onset, arrays of shape (burst,).

    ``start`` and ``end`` (first and last spike, ms), ``spikes``, ``peak_rate`` (1/s) in the best window; ``silence``
    (ms): the longest interval of the cell that begins soon after its burst, NaN when it does not fire again; ``cell``.
    """

    cell: Ints
    start: Floats
    end: Floats
    spikes: Ints
    peak_rate: Floats
    silence: Floats

    def __len__(self) -> int:
        return len(self.cell)

    @property
    def duration(self) -> Floats:
        """From the first to the last spike (ms)."""
        return self.end - self.start


def cell_bursts(
    times: npt.ArrayLike, cells: npt.ArrayLike, cell_count: int, rules: Definitions | None = None
) -> CellBursts:
    """Return the bursts of every cell; ``times`` in ms, ``cells`` whole numbers from 0, in any order.

    Raises `ParameterError` as `definitions.checked` does.
    """
    return find(*checked(times, cells, cell_count), rules or definitions())


def find(time: Floats, cell: Ints, rules: Definitions) -> CellBursts:
    """Return the bursts of spikes that are sorted by cell, then time."""
    if not len(time):
        none, zero = np.zeros(0), np.zeros(0, dtype=np.int64)
        return CellBursts(zero, none, none, zero, none, none)
    gap = np.diff(time)
    same = cell[1:] == cell[:-1]
    joined = same & (gap < rules.longest_interval)
    first = np.flatnonzero(np.concatenate([[True], ~joined]))
    last = np.append(first[1:], len(time)) - 1
    long = last - first + 1 >= rules.fewest_spikes
    first, last = first[long], last[long]
    order = np.argsort(time[first], kind="stable")
    first, last = first[order], last[order]
    peaks, silences = _peak_rates(time, first, last, rules), _silences(time, np.where(same, gap, np.nan), last, rules)
    return CellBursts(cell[first], time[first], time[last], last - first + 1, peaks, silences)


def _silences(time: Floats, gap: Floats, last: Ints, rules: Definitions) -> Floats:
    """Return the longest interval (ms) of a cell that begins within ``rules.after`` of its burst.

    ``gap`` is NaN after the last spike of a cell. A stray spike or two may follow a burst before the cell falls silent.
    """
    found = np.full(len(last), np.nan)
    for place, end in enumerate(last):
        longest = np.nan
        for spike in range(end, len(gap)):
            if np.isnan(gap[spike]) or time[spike] - time[end] > rules.after:
                break
            longest = np.fmax(longest, gap[spike])
        found[place] = longest
    return found


def _peak_rates(time: Floats, first: Ints, last: Ints, rules: Definitions) -> Floats:
    """Return the highest rate (1/s) of each burst within a window that begins with a spike."""
    found = np.empty(len(first))
    for place, (begin, end) in enumerate(zip(first, last, strict=True)):
        inside = time[begin : end + 1]
        held = np.searchsorted(inside, inside + rules.peak_window, side="left") - np.arange(len(inside))
        found[place] = held.max() * 1000 / rules.peak_window
    return found
