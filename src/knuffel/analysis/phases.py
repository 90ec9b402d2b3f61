"""Phases of a phasic neuron: active periods of seconds to minutes, with silences between them.

Phasic firing is the hallmark of vasopressin cells (DOI 10.1113/jphysiol.2004.063982). Here a phase is a run of spikes
without a gap of ``silence`` in it, with at least ``fewest`` spikes; both can be chosen, and the numbers that stand here
are customary, not read in one study. Times are in milliseconds. Do not mistake phases for milk-ejection bursts of
oxytocin cells, which last a second or two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Phases", "phases"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Phases:
    """The phases of one train: time of the first and the last spike (ms) and the number of spikes of each."""

    start: Array
    end: Array
    spikes: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.start)

    @property
    def durations(self) -> Array:
        """From the first to the last spike of each phase (s)."""
        return (self.end - self.start) / 1000

    @property
    def silences(self) -> Array:
        """From the last spike of a phase to the first of the next (s); stray spikes between phases do not count."""
        return (self.start[1:] - self.end[:-1]) / 1000

    @property
    def rates(self) -> Array:
        """Spikes per second inside each phase: intervals over duration."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.durations > 0, (self.spikes - 1) / self.durations, np.nan)

    def active_share(self, duration: float) -> float:
        """Return the share of ``duration`` ms that is spent in phases; NaN when there is no time."""
        return float((self.end - self.start).sum() / duration) if duration > 0 else float("nan")


def phases(times: npt.ArrayLike, silence: float = 5000.0, fewest: int = 5) -> Phases:
    """Return the phases of one train: runs of at least ``fewest`` spikes with no interval of ``silence`` ms or more.

    A train without spikes has no phases; one that never pauses is a single phase.

    >>> found = phases([0, 900, 1800, 2600, 3000, 20000, 20500, 21000, 21800, 22000, 90000])
    >>> found.durations.tolist(), found.silences.tolist(), found.spikes.tolist()
    ([3.0, 2.0], [17.0], [5, 5])
    """
    time = np.sort(np.asarray(times, dtype=np.float64))
    if not len(time):
        return Phases(time, time.copy(), np.zeros(0, dtype=np.int64))
    breaks = np.flatnonzero(np.diff(time) >= silence)
    first, last = np.append(0, breaks + 1), np.append(breaks, len(time) - 1)
    count = last - first + 1
    kept = count >= fewest
    return Phases(time[first[kept]], time[last[kept]], count[kept])
