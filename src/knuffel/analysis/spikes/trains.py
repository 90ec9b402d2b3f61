"""Spike trains as the statistics read them: checked, cut to the recording, in order of cell and time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knuffel.errors import ParameterError

__all__ = ["FEWEST", "Array", "Trains", "gather", "intervals"]

Array = npt.NDArray[np.float64]

FEWEST = 10
"""Fewer spikes than this have no shape: statistics beyond count and rate are NaN."""

_DENSE = 2**22


@dataclass(frozen=True, eq=False)
class Trains:
    """Spikes of one or several cells: ``time`` (ms) ascending within a cell, ``cell`` numbered from 0, ascending.

    The recording lasts ``duration`` ms from ``start``. ``cells`` is how many were recorded, silent ones included.
    """

    time: Array
    cell: npt.NDArray[np.int32]
    cells: int
    start: float
    duration: float

    @property
    def spikes(self) -> int:
        """Return the number of spikes."""
        return len(self.time)

    @property
    def same_cell(self) -> npt.NDArray[np.bool_]:
        """Return whether a spike and the next one are of the same cell; shape (spikes - 1,)."""
        same: npt.NDArray[np.bool_] = self.cell[1:] == self.cell[:-1]
        return same

    @property
    def intervals(self) -> Array:
        """Return all interspike intervals (ms), cell after cell."""
        gap = np.diff(self.time)
        return gap if self.spikes == 0 or self.cell[-1] == 0 else gap[self.same_cell]


def gather(
    times: npt.ArrayLike,
    cells: npt.ArrayLike | None = None,
    *,
    duration: float | None = None,
    start: float = 0.0,
    cell_count: int | None = None,
) -> Trains:
    """Return the trains within ``duration`` ms from ``start`` (None: up to the last spike); arguments as `statistics`.

    Raises `ParameterError` for times that are not one row of finite numbers, cells that do not match them, a negative
    duration, or a count of cells below the number that fired.
    """
    time = np.asarray(times, dtype=np.float64)
    if time.ndim != 1:
        raise ParameterError(f"times: found an array of shape {time.shape}; allowed: one row of spike times in ms")
    finite = np.isfinite(time)
    if not finite.all():
        place = int(np.argmin(finite))
        raise ParameterError(f"times: found {time[place]} at place {place}; allowed: finite times in ms")
    if not np.isfinite(start):
        raise ParameterError(f"start: found {start}; allowed: a finite time in ms")
    if duration is None:
        duration = max(float(time.max(initial=start)) - start, 0.0)
    if not (np.isfinite(duration) and duration >= 0):
        raise ParameterError(f"duration: found {duration}; allowed: a finite time in ms, 0 or more")
    number, fired = _numbered(time, cells)
    if cell_count is not None and cell_count < fired:
        raise ParameterError(f"cell_count: found {cell_count}; allowed: {fired} or more, the number of cells in cells")
    inside = (time >= start) & (time - start <= duration)
    if not inside.all():
        time, number = time[inside], number[inside]
    time, number = _ordered(time, number)
    return Trains(time, number, fired if cell_count is None else cell_count, float(start), float(duration))


def _numbered(time: Array, cells: npt.ArrayLike | None) -> tuple[npt.NDArray[np.int32], int]:
    """Return the cell of each spike as a number from 0, and how many cells there are; one cell when none is named."""
    if cells is None:
        return np.zeros(len(time), dtype=np.int32), 1
    name = np.asarray(cells)
    if name.shape != time.shape:
        raise ParameterError(f"cells: found shape {name.shape}; allowed: {time.shape}, one cell for each spike time")
    if len(name) == 0:
        return np.zeros(0, dtype=np.int32), 0
    if name.dtype.kind in "iu" and int(name.max()) - int(name.min()) < _DENSE:
        # Names that are small numbers need no sorting.
        offset = name.astype(np.int64)
        offset -= offset.min()
        present = np.bincount(offset) > 0
        rank = (np.cumsum(present) - 1).astype(np.int32)
        return rank[offset], int(present.sum())
    known, number = np.unique(name, return_inverse=True)
    return number.astype(np.int32), len(known)


def _ordered(time: Array, number: npt.NDArray[np.int32]) -> tuple[Array, npt.NDArray[np.int32]]:
    """Return the spikes in order of cell and time; cells first, since whole numbers sort faster."""
    if (number[1:] < number[:-1]).any():
        short = number.astype(np.uint16) if number.max() < 2**16 else number
        order = np.argsort(short, kind="stable")
        time, number = time[order], number[order]
    back = (time[1:] < time[:-1]) & (number[1:] == number[:-1])
    if back.any():
        time = time.copy()
        for train in np.split(time, np.flatnonzero(np.diff(number)) + 1):
            train.sort()
    return time, number


def intervals(times: npt.ArrayLike, cells: npt.ArrayLike | None = None) -> Array:
    """Return the interspike intervals (ms) of one train, or of several when ``cells`` names the cell of each spike.

    >>> intervals([10, 30, 70]).tolist()
    [20.0, 40.0]
    """
    return gather(times, cells, start=float(np.min(times, initial=0.0))).intervals
