"""`StimulusEvents`: the events of a scenario as multipliers of the synaptic input of the neurons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf

import numpy as np

from knuffel.body.contract import (
    Component,
    Events,
    Floats,
    Inputs,
    Ints,
    Kind,
    Outputs,
    Port,
    RandomStreams,
    State,
    Subjects,
    Violation,
)
from knuffel.body.stimuli.events import StimulusEvent
from knuffel.body.stimuli.levels import CUE, LEVEL_PORTS, SUCKLING, LevelCourses

__all__ = ["StimulusEvents", "StimulusEventsParameters", "StimulusEventsSettings", "StimulusEventsState"]

_EXCITATION = "stimuli.excitation_gain"
_INHIBITION = "stimuli.inhibition_gain"
_FORCED = "stimuli.forced_spike"
_RELEASE = "stimuli.dendritic_release"


@dataclass(frozen=True)
class StimulusEventsParameters:
    """No numbers of its own: every event carries its gains and times."""


@dataclass(frozen=True)
class StimulusEventsSettings:
    """``events`` of the scenario, in any order; they add.

    ``reader_interval`` (ms) tells that a reader takes the gains as straight over so long: then bends of the courses are
    edges too. 0 when readers are fast. ``species`` decides how the two sides make one stimulus.
    """

    events: tuple[StimulusEvent, ...] = ()
    reader_interval: int = 0
    species: str = "human"


@dataclass
class StimulusEventsState(State):
    """The gains reached, arrays of shape (subject,), dimensionless."""

    excitation_gain: Floats
    inhibition_gain: Floats


class StimulusEvents(Component):
    """Multiplies the resting excitatory and inhibitory input: gain = max(0, 1 + sum over events of a V I s(t)).

    a is the gain of the event, V its welcome, I its intensity, s its course (`equations.event_course`). Every subject
    gets the same; differences between people are not modelled here. Antidromic spikes and releases from the dendrites
    reach all neurons (index -1). Suckling, stress and what else acts past the synaptic input are levels of their own.
    """

    room = "stimuli"
    id = "events"
    inputs = ()
    outputs = (
        Port(_EXCITATION, "1", Kind.LEVEL, "multiple of the resting excitatory input", default=1, range=(0, inf)),
        Port(_INHIBITION, "1", Kind.LEVEL, "multiple of the resting inhibitory input", default=1, range=(0, inf)),
        Port(_FORCED, "ms", Kind.EVENTS, "antidromic spikes at the soma", default=0),
        Port(
            _RELEASE, "ms", Kind.EVENTS, "release from the dendrites without a spike", default=0,
            columns=(("fraction", "1"),),
        ),
        SUCKLING,
        *LEVEL_PORTS,
        CUE,
    )  # fmt: skip
    Parameters = StimulusEventsParameters
    Settings = StimulusEventsSettings
    State = StimulusEventsState

    def __init__(
        self, parameters: StimulusEventsParameters | None = None, settings: StimulusEventsSettings | None = None
    ) -> None:
        settings = settings or StimulusEventsSettings()
        super().__init__(parameters or StimulusEventsParameters(), settings)
        self._events: tuple[StimulusEvent, ...] = settings.events
        self._spans = [(event.start, event.last, event) for event in self._events if not event.effects()]
        self._forced = np.unique([time for event in self._events for time in event.forced_spikes()]).astype(np.int64)
        releases = sorted(release for event in self._events for release in event.releases())
        self._releases = np.array(releases, dtype=np.float64).reshape(-1, 2)
        cues = sorted(cue for event in self._events for cue in event.cues())
        self._cues = np.array(cues, dtype=np.float64).reshape(-1, 2)
        self._levels = LevelCourses([timed for event in self._events for timed in event.effects()], settings.species)

    def edges(self) -> Sequence[int]:
        """Return the starts, lags and ends of all events, ascending, each once, and bends for slow readers."""
        interval = self.settings.reader_interval
        times = {time for event in self._events for time in event.edges()}
        if interval:
            times.update(time for event in self._events for time in event.bends(interval))
        return sorted(times)

    def gains(self, t: int, *, left: bool = False) -> tuple[float, float]:
        """Return the excitatory and inhibitory gain at ``t`` ms (right limit, or left limit when asked)."""
        excitation = inhibition = 1.0
        for first, last, event in self._spans:
            if not first <= t <= last:
                continue
            more_excitation, more_inhibition = event.excess(t, left=left)
            excitation += more_excitation
            inhibition += more_inhibition
        return max(excitation, 0), max(inhibition, 0)

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[StimulusEventsState, Outputs]:
        """Return rest: both gains 1. An event at the start enters with the first interval."""
        state = StimulusEventsState(subjects.full(1), subjects.full(1))
        rest = {port.name: subjects.full(port.default or 0) for port in (SUCKLING, *LEVEL_PORTS)}
        return state, {_EXCITATION: subjects.full(1), _INHIBITION: subjects.full(1)} | rest

    def advance(self, state: StimulusEventsState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Return both gains as (right limit at ``t``, left limit at ``t + dt``)."""
        start, end = self.gains(t), self.gains(t + dt, left=True)
        state.excitation_gain[:], state.inhibition_gain[:] = end
        count = len(state.excitation_gain)
        release, cue = _within(self._releases, t, t + dt), _within(self._cues, t, t + dt)
        return self._level_outputs(t, t + dt, count) | {
            _EXCITATION: (np.full(count, start[0]), np.full(count, end[0])),
            _INHIBITION: (np.full(count, start[1]), np.full(count, end[1])),
            _FORCED: _everywhere(self._forced[slice(*np.searchsorted(self._forced, [t, t + dt]))], count),
            _RELEASE: _everywhere(release[:, 0].astype(np.int64), count, fraction=release[:, 1]),
            CUE.name: _everywhere(cue[:, 0].astype(np.int64), count, window=cue[:, 1]),
        }

    def _level_outputs(self, t: int, end: int, subjects: int) -> Outputs:
        """Return both limits of every level; one array when nothing changes."""
        begin, last = self._levels.at(t), self._levels.at(end, left=True)
        if begin is last:  # mostly nothing acts
            return dict(_at_rest(tuple(begin.items()), subjects))
        if begin == last:
            same = np.array([*begin.values()])[:, None] + np.zeros(subjects)
            return {name: (row, row) for name, row in zip(begin, same, strict=True)}
        return {name: (np.full(subjects, value), np.full(subjects, last[name])) for name, value in begin.items()}

    def invariants(self, state: StimulusEventsState, outputs: Outputs) -> list[Violation]:
        """Return subjects with a negative gain."""
        return [
            Violation(name, int(row), f"is {array[row]:g}, below zero")
            for name, array in state.arrays().items()
            for row in np.flatnonzero(array < 0)
        ]


@lru_cache(maxsize=8)
def _at_rest(levels: tuple[tuple[str, float], ...], subjects: int) -> Outputs:
    """Return levels that never change: the same arrays each time, which nobody may write to."""
    found = {name: np.full(subjects, value) for name, value in levels}
    return {name: (array, array) for name, array in found.items()}


def _within(rows: Floats, begin: int, end: int) -> Floats:
    """Return the rows of which the first column, a time, lies in [begin, end) ms."""
    if not len(rows):
        return rows
    found: Floats = rows[slice(*np.searchsorted(rows[:, 0], [begin, end]))]
    return found


def _everywhere(times: Ints, subjects: int, **values: Floats) -> Events:
    """Return events that reach all neurons of every subject."""
    if not len(times):
        return Events.none(tuple(values))
    rows = np.repeat(np.arange(subjects, dtype=np.int64), len(times))
    columns = {name: np.tile(column, subjects) for name, column in values.items()}
    return Events(np.tile(times, subjects), rows, np.full(len(rows), -1, dtype=np.int64), columns)
