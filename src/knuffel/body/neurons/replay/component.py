"""Recorded spikes as a body part: whatever reads spikes cannot tell them from those of a model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from knuffel.body.contract import Component, Events, Inputs, Ints, Outputs, RandomStreams, State, Subjects
from knuffel.body.neurons.ports import OUTPUTS, check_cells
from knuffel.errors import Notice, ParameterError

__all__ = ["RecordedSpikes", "ReplayParameters", "ReplaySettings", "ReplayState", "ReplayedCells"]


@dataclass(frozen=True, eq=False)
class RecordedSpikes:
    """Spikes of a recording: ``time`` in whole ms, ascending, and ``cell`` of each; ``duration`` in ms."""

    time: Ints
    cell: Ints
    duration: int

    def __post_init__(self) -> None:
        late = len(self.time) > 0 and not 0 <= self.time[0] <= self.time[-1] < self.duration
        if len(self.time) != len(self.cell) or late or (np.diff(self.time) < 0).any():
            raise ParameterError("neurons: recorded spikes have to ascend and lie within the recording")


@dataclass(frozen=True)
class ReplaySettings:
    """``recording`` is what is played (nothing when None), ``cells`` how many it has, ``repeat`` plays it in a loop."""

    cells: int = 1
    recording: RecordedSpikes | None = None
    repeat: bool = False

    def __post_init__(self) -> None:
        check_cells(self.cells)
        if self.recording is not None and len(self.recording.cell) and self.recording.cell.max() >= self.cells:
            raise ParameterError(f"neurons: there are {self.cells} cells, but a spike of {self.recording.cell.max()}")


@dataclass(frozen=True)
class ReplayParameters:
    """No numbers of its own: the recording is everything."""


@dataclass
class ReplayState(State):
    """``played``: spikes so far, shape (subject,)."""

    played: Ints


class ReplayedCells(Component):
    """A control: plays the spikes of a recording, the same for every subject. Stimuli do not reach recorded cells.

    The recording begins at time zero. Before it and after it there is silence, unless it repeats.
    """

    room = "neurons"
    id = "replay"
    inputs = ()
    outputs = OUTPUTS
    coupling_interval = 1000
    Parameters = ReplayParameters
    Settings = ReplaySettings
    State = ReplayState
    settings: ReplaySettings

    def __init__(self, parameters: ReplayParameters | None = None, settings: ReplaySettings | None = None) -> None:
        super().__init__(parameters or ReplayParameters(), settings or ReplaySettings())

    def notices(self) -> list[Notice]:
        """Say what stands before time zero."""
        if self.settings.recording is None or self.settings.repeat:
            return []
        text = (
            "before the recording its cells are silent: levels rise from the start on; `repeat` plays it before as well"
        )
        return [Notice("replay_start", text, "neurons")]

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[ReplayState, Outputs]:
        """Return the state before the first spike."""
        return ReplayState(np.zeros(len(subjects), dtype=np.int64)), {}

    def advance(self, state: ReplayState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Return the spikes of the recording between ``t`` and ``t + dt``, and the mean rate over its cells."""
        time, cell = self._between(t, t + dt)
        subjects = len(state.played)
        state.played += len(time)
        row = np.repeat(np.arange(subjects, dtype=np.int64), len(time))
        return {
            OUTPUTS[0].name: Events(np.tile(time, subjects), row, np.tile(cell, subjects)),
            OUTPUTS[1].name: np.full(subjects, len(time) / self.settings.cells),
        }

    def _between(self, begin: int, end: int) -> tuple[Ints, Ints]:
        """Return times and cells of the spikes from ``begin`` to before ``end``."""
        held = self.settings.recording
        if held is None or not held.duration:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        turns = range(begin // held.duration, (end - 1) // held.duration + 1) if self.settings.repeat else range(1)
        times, cells = [], []
        for turn in turns:
            start = turn * held.duration
            first, last = np.searchsorted(held.time, (begin - start, end - start))
            times.append(held.time[first:last] + start)
            cells.append(held.cell[first:last])
        return np.concatenate(times), np.concatenate(cells)
