"""The numbers behind the words burst, network burst and background."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import parameter
from knuffel.errors import ParameterError
from knuffel.evidence.resolve import numbers

__all__ = ["Definitions", "checked", "definitions"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Definitions:
    """A burst of a cell: a longest run of ``fewest_spikes`` or more, every interval below ``longest_interval``.

    A burst of the network: onsets of such bursts, chained with gaps below ``longest_gap``, of at least ``fewest_share``
    of the cells. Background: what is not within ``before`` an onset or ``after`` an end.
    """

    longest_interval: float = parameter("bursts.longest_interval", "ms", "longest interval within a burst")
    fewest_spikes: float = parameter("bursts.fewest_spikes", "1", "fewest spikes of a burst")
    longest_gap: float = parameter("bursts.longest_gap", "ms", "longest gap between onsets of one network burst")
    fewest_share: float = parameter("bursts.fewest_share", "1", "smallest share of the cells that take part")
    before: float = parameter("bursts.before", "ms", "time before an onset that is not background")
    after: float = parameter("bursts.after", "ms", "time after an end that is not background")
    mode_width: float = parameter("bursts.mode_width", "ms", "width of a bin")
    peak_window: float = parameter("bursts.peak_window", "ms", "window of the highest rate")


@lru_cache(maxsize=1)
def definitions() -> Definitions:
    """Return the definitions of the evidence files."""
    return numbers(Definitions)


def checked(times: npt.ArrayLike, cells: npt.ArrayLike, count: int) -> tuple[Floats, Ints]:
    """Return times (ms) and cells of all spikes, sorted by cell, then time.

    Raises `ParameterError` for times that are not one row of finite numbers, and cells that are not whole numbers from
    0 to ``count`` - 1, one for each time.
    """
    time, cell = np.asarray(times, dtype=np.float64), np.asarray(cells)
    if time.ndim != 1 or cell.shape != time.shape:
        raise ParameterError(f"times and cells: found shapes {time.shape} and {cell.shape}; allowed: two equal rows")
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise ParameterError(f"cell_count: found {count!r}; allowed: a whole number of at least 1")
    if not np.isfinite(time).all():
        place = int(np.argmin(np.isfinite(time)))
        raise ParameterError(f"times: found {time[place]} at place {place}; allowed: finite times in ms")
    if len(cell) and not np.issubdtype(cell.dtype, np.integer):
        raise ParameterError(f"cells: found numbers of type {cell.dtype}; allowed: whole numbers from 0")
    wrong = (cell < 0) | (cell >= count)
    if wrong.any():
        place = int(np.argmax(wrong))
        raise ParameterError(f"cells: found {cell[place]} at place {place}; allowed: 0 to {count - 1}")
    order = np.lexsort((time, cell))
    return time[order], cell[order].astype(np.int64)
