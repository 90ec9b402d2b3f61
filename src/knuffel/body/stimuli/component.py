"""`StimulusEvents`: the events of a scenario as multipliers of the synaptic input of the neurons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
    """``events`` of the scenario, in any order; they add."""

    events: tuple[StimulusEvent, ...] = ()


@dataclass
class StimulusEventsState(State):
    """The gains reached, arrays of shape (subject,), dimensionless."""

    excitation_gain: Floats
    inhibition_gain: Floats


class StimulusEvents(Component):
    """Multiplies the resting excitatory and inhibitory input: gain = max(0, 1 + sum over events of a V I s(t)).

    a is the gain of the event, V its welcome, I its intensity, s its course (`equations.event_course`). Every subject
    gets the same; differences between people are not modelled here. Antidromic spikes and releases from the dendrites
    reach all neurons (index -1).
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
    )  # fmt: skip
    Parameters = StimulusEventsParameters
    Settings = StimulusEventsSettings
    State = StimulusEventsState

    def __init__(
        self, parameters: StimulusEventsParameters | None = None, settings: StimulusEventsSettings | None = None
    ) -> None:
        super().__init__(parameters or StimulusEventsParameters(), settings or StimulusEventsSettings())
        self._events: tuple[StimulusEvent, ...] = self.settings.events
        self._forced = np.unique([time for event in self._events for time in event.forced_spikes()]).astype(np.int64)
        releases = sorted(release for event in self._events for release in event.releases())
        self._releases = np.array(releases, dtype=np.float64).reshape(-1, 2)

    def edges(self) -> Sequence[int]:
        """Return the starts, lags and ends of all events, ascending, each once."""
        return sorted({time for event in self._events for time in event.edges()})

    def gains(self, t: int, *, left: bool = False) -> tuple[float, float]:
        """Return the excitatory and inhibitory gain at ``t`` ms (right limit, or left limit when asked)."""
        excitation = inhibition = 1.0
        for event in self._events:
            more_excitation, more_inhibition = event.excess(t, left=left)
            excitation += more_excitation
            inhibition += more_inhibition
        return max(excitation, 0), max(inhibition, 0)

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[StimulusEventsState, Outputs]:
        """Return rest: both gains 1. An event at the start enters with the first interval."""
        state = StimulusEventsState(subjects.full(1), subjects.full(1))
        return state, {_EXCITATION: subjects.full(1), _INHIBITION: subjects.full(1)}

    def advance(self, state: StimulusEventsState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Return both gains as (right limit at ``t``, left limit at ``t + dt``)."""
        start, end = self.gains(t), self.gains(t + dt, left=True)
        state.excitation_gain[:], state.inhibition_gain[:] = end
        count = len(state.excitation_gain)
        release = self._releases[slice(*np.searchsorted(self._releases[:, 0], [t, t + dt]))]
        return {
            _EXCITATION: (np.full(count, start[0]), np.full(count, end[0])),
            _INHIBITION: (np.full(count, start[1]), np.full(count, end[1])),
            _FORCED: _everywhere(self._forced[slice(*np.searchsorted(self._forced, [t, t + dt]))], count),
            _RELEASE: _everywhere(release[:, 0].astype(np.int64), count, fraction=release[:, 1]),
        }

    def invariants(self, state: StimulusEventsState, outputs: Outputs) -> list[Violation]:
        """Return subjects with a negative gain."""
        return [
            Violation(name, int(row), f"is {array[row]:g}, below zero")
            for name, array in state.arrays().items()
            for row in np.flatnonzero(array < 0)
        ]


def _everywhere(times: Ints, subjects: int, **values: Floats) -> Events:
    """Return events that reach all neurons of every subject."""
    rows = np.repeat(np.arange(subjects, dtype=np.int64), len(times))
    columns = {name: np.tile(column, subjects) for name, column in values.items()}
    return Events(np.tile(times, subjects), rows, np.full(len(rows), -1, dtype=np.int64), columns)
