"""`SpontaneousPulses`: the pulses of oxytocin of a woman in pregnancy, in labour and after the birth."""

from __future__ import annotations

from math import inf, isfinite
from typing import Any

import numpy as np

from knuffel.body.allometry import volume_scale
from knuffel.body.contract import (
    Component,
    Floats,
    Inputs,
    Ints,
    Kind,
    Outputs,
    Port,
    RandomStreams,
    Subjects,
    Violation,
)
from knuffel.body.pulses.equations import EVER
from knuffel.body.pulses.parameters import SLOTS
from knuffel.body.pulses.ports import PULSE, RATE
from knuffel.body.pulses.secretion import Secretion
from knuffel.body.pulses.spontaneous.equations import birth_mass, first_time, mean_interval, milliseconds, next_wait
from knuffel.body.pulses.spontaneous.parameters import SpontaneousParameters, SpontaneousSettings, SpontaneousState
from knuffel.errors import Notice

__all__ = ["SpontaneousPulses"]

_COUNTER = 0xFFFFFFFF
_STEP = 1000


def _level(name: str, unit: str, doc: str) -> Port:
    return Port(f"physiology.{name}", unit, Kind.LEVEL, doc, range=(0, inf))


_BASAL = _level("basal_concentration", "pg/mL", "resting oxytocin in plasma")
_CLEARANCE = _level("clearance", "mL/s", "total clearance of oxytocin")
_PREGNANCY = Port(
    "physiology.pregnancy_factor", "1", Kind.FRACTION, "how far the placenta has grown", default=0, range=(0, 1)
)


class SpontaneousPulses(Component):
    """Pulses that come by chance, more often as labour goes on: a Poisson process with a dead time.

    Each is a rectangle of secretion that begins at a whole millisecond and holds the same rise of the central volume of
    its woman. When a birth begins, a train of pulses at equal intervals comes on top. Basal secretion goes on beside
    all this. There are none before time zero.
    """

    room = "pulses"
    id = "spontaneous"
    inputs = (_BASAL, _CLEARANCE, _PREGNANCY)
    outputs = (RATE, PULSE)
    coupling_interval = _STEP
    longest_interval = 60_000
    Parameters = SpontaneousParameters
    Settings = SpontaneousSettings
    State = SpontaneousState

    parameters: SpontaneousParameters
    settings: SpontaneousSettings

    def __init__(self, parameters: SpontaneousParameters, settings: SpontaneousSettings | None = None) -> None:
        super().__init__(parameters, settings or SpontaneousSettings())
        self._interval = mean_interval(self.parameters.count(self.settings.stage), parameters.window)

    def notices(self) -> list[Notice]:
        """Return a warning when the mean number of pulses cannot be reached."""
        own = self.parameters
        if not (self._interval <= own.dead_time).any():
            return []
        text = f"so many pulses in {own.window} s cannot be had with a dead time of {own.dead_time} s: pulses follow "
        return [Notice("pulse_interval", text + "each other at the dead time", self.room)]

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[SpontaneousState, Outputs]:
        """Return women at a moment between two of their pulses."""
        count = len(subjects)
        index = np.array(subjects.index, dtype=np.int64)
        begin = first_time(streams("first").uniform(0, subject=index), self._interval, self.parameters.dead_time)
        state = SpontaneousState(
            subject=index,
            weight=subjects.full(subjects.weight),
            due=milliseconds(begin),
            count=np.zeros(count, dtype=np.int64),
            born=np.zeros(count, dtype=np.int64),
            ends=np.full((count, SLOTS), -EVER, dtype=np.int64),
            rates=np.zeros((count, SLOTS)),
        )
        return state, {}

    def advance(self, state: SpontaneousState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Let the pulses of the interval begin; levels are read on the line between their ends at each of them."""
        secretion = Secretion(state, self.parameters.duration, t, dt)
        wait = streams("wait")
        while len(rows := np.flatnonzero(state.due < t + dt)):
            times = state.due[rows]
            secretion.begin(rows, times, self._mass(state, inputs, rows, (times - t) / dt), state.count[rows])
            chance = wait.uniform(state.count[rows] & _COUNTER, subject=state.subject[rows])
            later = milliseconds(next_wait(chance, _of(self._interval, rows), _of(self.parameters.dead_time, rows)))
            state.due[rows] = np.where(later < EVER, times + later, EVER)
            state.count[rows] += 1
        self._give_birth(state, inputs, secretion, t, dt)
        return {RATE.name: secretion.integral, PULSE.name: secretion.events()}

    def _mass(self, state: SpontaneousState, inputs: Inputs, rows: Ints, share: Floats) -> Floats:
        own = self.parameters
        grown = _of(own.central_volume_of_pregnancy, rows) * _at(inputs, _PREGNANCY, rows, share)
        size = volume_scale(state.weight[rows], _of(own.reference_weight, rows))
        mass: Floats = _of(own.amplitude, rows) * (_of(own.central_volume, rows) + grown) * size
        return mass

    def _give_birth(self, state: SpontaneousState, inputs: Inputs, secretion: Secretion, t: int, dt: int) -> None:
        """Let the pulses of a birth begin that are due in the interval."""
        if not isfinite(self.settings.birth):
            return
        own, begin = self.parameters, round(self.settings.birth * 1000)
        interval = np.rint(np.broadcast_to(np.asarray(own.birth_interval) * 1000, state.born.shape)).astype(np.int64)
        pulses = np.maximum(np.rint(np.asarray(own.birth_duration) / own.birth_interval), 1)
        while True:
            when = begin + state.born * interval
            rows = np.flatnonzero((state.born < pulses) & (when < t + dt))
            if not len(rows):
                return
            share = (when[rows] - t) / dt
            basal, clearance = (_at(inputs, port, rows, share) for port in (_BASAL, _CLEARANCE))
            rise, duration = _of(own.birth_rise, rows), _of(own.birth_duration, rows)
            mass = birth_mass(rise, basal, clearance, duration, _of(pulses, rows))
            secretion.begin(rows, when[rows], mass, np.full(len(rows), -1))
            state.born[rows] += 1

    def invariants(self, state: SpontaneousState, outputs: Outputs) -> list[Violation]:
        """Return pulses of less than nothing."""
        return [
            Violation("pulse", int(row), f"secretes {state.rates[row, slot]:g} pg/s")
            for row, slot in np.argwhere(~(state.rates >= 0))
        ]


def _at(inputs: Inputs, port: Port, rows: Ints, share: Floats) -> Floats:
    start, end = inputs.start(port.name)[rows], inputs.end(port.name)[rows]
    level: Floats = start + (end - start) * share
    return level


def _of(value: Any, rows: Ints) -> Any:
    return value[rows] if np.ndim(value) else value
