"""What strikes cells from outside: antidromic spikes, and release from the dendrites without a spike.

Both act at the end of their millisecond, after the cell's own update, so the loops know nothing of them: an interval is
cut there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import Events, Inputs
from knuffel.body.neurons.ports import DENDRITIC_RELEASE, FORCED_SPIKE
from knuffel.errors import ComponentError

__all__ = ["FromOutside"]

_NOTHING = Events.none()


class FromOutside:
    """The antidromic spikes and releases of one interval, for subjects with ``cells`` neurons each."""

    def __init__(self, inputs: Inputs, subjects: int, cells: int) -> None:
        self._shape = (subjects, cells)
        self._spikes = inputs.records.get(FORCED_SPIKE.name, _NOTHING)
        self._releases = inputs.records.get(DENDRITIC_RELEASE.name, _NOTHING)
        self._times = _NOTHING.time
        if not len(self._spikes) and not len(self._releases):
            return
        for port, events in ((FORCED_SPIKE, self._spikes), (DENDRITIC_RELEASE, self._releases)):
            if len(events) and not (events.index.min() >= -1 and events.index.max() < cells):
                wrong = int(events.index.min() if events.index.min() < -1 else events.index.max())
                raise ComponentError(f"neurons: {port.name} names cell {wrong}; there are {cells}, counted from 0")
        self._times = np.unique(np.concatenate([self._spikes.time, self._releases.time]))

    def next_cut(self, now: int, end: int) -> int:
        """Return where the piece that begins at ``now`` has to end, at ``end`` at the latest."""
        if not len(self._times):
            return end
        place = int(np.searchsorted(self._times, now))
        return min(int(self._times[place]) + 1, end) if place < len(self._times) else end

    def strike(self, state: Any, ms: int, constants: npt.NDArray[Any], dendrites: bool) -> npt.NDArray[np.int64] | None:
        """Change the state at the end of millisecond ``ms``; return which (subject * cells + cell) fired.

        ``constants`` is the table of the loop in use. An antidromic spike is lost when the last spike, natural or not,
        is less than the refractory period ago: they collide.
        """
        if not len(self._times) or ms not in self._times:
            return None
        rows = [np.broadcast_to(row[:, None], self._shape) for row in constants]
        hit = self._cells(self._spikes, ms, 1) > 0
        hit &= state.since_spike >= np.maximum(rows[9], 1)
        if dendrites:
            given = self._releases.values["fraction"] if len(self._releases) else 0
            fraction = self._cells(self._releases, ms, given)
            fraction = np.where(hit & (state.since_spike < rows[19]), rows[18], 0) + fraction
            released = np.minimum(fraction, 1) * state.dendritic_store
            state.dendritic_store -= released
            state.local_oxytocin += released
            state.endocannabinoid += rows[24] * released
        for term, row in ((state.hap, rows[6]), (state.ahp, rows[7]), (state.dap, rows[8])):
            term[hit] += row[hit]
        state.since_spike[hit] = 0
        return np.flatnonzero(hit)

    def _cells(self, events: Events, ms: int, value: Any) -> npt.NDArray[np.float64]:
        """Return the values of the events of one millisecond, summed for each (subject, cell)."""
        found = np.zeros(self._shape)
        here = events.time == ms
        subject, index = events.subject[here], events.index[here]
        values = np.broadcast_to(value, events.time.shape)[here]
        everywhere = index < 0
        np.add.at(found, (subject[~everywhere], index[~everywhere]), values[~everywhere])
        np.add.at(found, subject[everywhere], values[everywhere, None])
        return found
