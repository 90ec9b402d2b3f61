"""`BreastfeedingPulses`: suckling and cues in, pulses of oxytocin into the blood out."""

from __future__ import annotations

from math import inf
from typing import Any, NamedTuple

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
    Subjects,
    Violation,
)
from knuffel.body.pulses.equations import EVER, alcohol_factor, arousal_gate, due, hazard, opioid_factor
from knuffel.body.pulses.parameters import SLOTS, PulseParameters, PulseSettings, PulseState
from knuffel.body.pulses.ports import PULSE, RATE
from knuffel.body.pulses.secretion import Secretion
from knuffel.errors import Notice

__all__ = ["BreastfeedingPulses"]

_STEP = 500
_COUNTER = 0xFFFFFFFF


def _fraction(name: str, doc: str, neutral: float = 0) -> Port:
    return Port(name, "1", Kind.FRACTION, doc, default=neutral, range=(0, 1))


_LATCHED = _fraction("stimuli.latched", "a baby or a pump is on")
_PUMPING = _fraction("stimuli.pumping", "what is on is a pump")
_AROUSAL = _fraction("stimuli.arousal", "stress and pain")
_OPIOID = _fraction("modulators.mu_opioid_occupancy", "mu-opioid receptors occupied and not blocked")
_EPIDURAL = _fraction("modulators.epidural_gate", "what epidural analgesia leaves of the rate of pulses", neutral=1)
_ANAESTHESIA = _fraction("modulators.anaesthesia", "general anaesthesia that blocks the reflex")
_ALCOHOL = Port("modulators.alcohol_dose", "g/kg", Kind.LEVEL, "alcohol of the last hour", default=0, range=(0, inf))
_CUE = Port(
    "stimuli.baby_cue", "ms", Kind.EVENTS, "what announces a feed, and how long it may take to answer", default=0,
    columns=(("window", "s"),),
)  # fmt: skip


class _Gates(NamedTuple):
    """What holds over one interval, (subject,): the two speeds (1, 1/s), factors on both masses."""

    first: Floats
    later: Floats
    mass: Floats
    cue_mass: Floats


class BreastfeedingPulses(Component):
    """The pulse generator of a nursing woman: a first pulse some time after latching, then a renewal process.

    After a dead time the hazard of the next pulse is constant, unless stress, opioids or an epidural slow it down; it
    is summed up against an exponential draw, which is exact whatever the intervals. Pulses are rectangles that begin
    at a whole millisecond. Nearly every number is our design, tuned to counts of let-downs in women; see the README.
    """

    room = "pulses"
    id = "breastfeeding"
    inputs = (_LATCHED, _PUMPING, _AROUSAL, _OPIOID, _EPIDURAL, _ANAESTHESIA, _ALCOHOL, _CUE)
    outputs = (RATE, PULSE)
    coupling_interval = _STEP
    longest_interval = 60_000
    Parameters = PulseParameters
    Settings = PulseSettings
    State = PulseState
    parameters: PulseParameters
    settings: PulseSettings

    def __init__(self, parameters: PulseParameters, settings: PulseSettings | None = None) -> None:
        super().__init__(parameters, settings or PulseSettings())

    def notices(self) -> list[Notice]:
        """Return a warning when the mean interval cannot be reached."""
        own = self.parameters
        if not (np.asarray(own.interval) <= own.dead_time).any():
            return []
        text = f"a mean interval of {own.interval} s cannot be reached with a dead time of {own.dead_time} s: pulses "
        return [Notice("pulse_interval", text + "follow each other at the dead time", self.room)]

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[PulseState, Outputs]:
        """Return women at rest, none of them nursing, with the pulses that are their own."""
        count = len(subjects)
        index = np.array(subjects.index, dtype=np.int64)

        def ever(value: int) -> Ints:
            return np.full(count, value, dtype=np.int64)

        state = PulseState(
            subject=index,
            person=self._person(index, streams),
            latched=ever(0),
            off_since=ever(-EVER),
            first=ever(1),
            progress=np.zeros(count),
            goal=np.zeros(count),
            speed=np.zeros(count),
            anchor=ever(0),
            free=ever(-EVER),
            count=ever(0),
            cue_due=ever(EVER),
            cue_until=ever(-EVER),
            cue_count=ever(0),
            ends=np.full((count, SLOTS), -EVER, dtype=np.int64),
            rates=np.zeros((count, SLOTS)),
        )
        return state, {}

    def _person(self, index: Ints, streams: RandomStreams) -> Floats:
        """Return latency, mean interval and mean mass of every woman, (subject, 3)."""
        own, count = self.parameters, len(index)
        typical = (own.latency, own.interval, np.asarray(own.mass) * own.mass_factor)
        person = np.stack([np.broadcast_to(np.asarray(value, dtype=np.float64), (count,)) for value in typical], axis=1)
        if not self.settings.spread:
            return person
        stream = streams("woman")
        normal = stream.normal(0, draw=np.arange(3), subject=index[:, None])
        # The latency is a median; intervals and masses are means, hence half the variance.
        person[:, 0] *= np.exp(own.latency_sd * normal[:, 0])
        person[:, 1] *= np.exp(own.interval_sd * normal[:, 1] - np.square(own.interval_sd) / 2)
        person[:, 2] *= np.exp(own.mass_sd * normal[:, 2] - np.square(own.mass_sd) / 2)
        weak = stream.uniform(0, draw=3, subject=index) < own.nonresponder_probability
        person[:, 2] *= np.where(weak, own.nonresponder_mass, 1.0)
        return person

    def _gates(self, state: PulseState, inputs: Inputs) -> _Gates:
        own = self.parameters
        pumping, occupied = inputs.mean(_PUMPING.name), inputs.mean(_OPIOID.name)
        awake = 1 - inputs.mean(_ANAESTHESIA.name)
        gate = awake * inputs.mean(_EPIDURAL.name) * opioid_factor(occupied, own.opioid_rate)
        gate = gate * arousal_gate(inputs.mean(_AROUSAL.name), own.arousal_weight, own.arousal_exponent)
        alcohol = (own.alcohol_dose, own.alcohol_exponent)
        if self.settings.alcohol_sensitive:
            alcohol = (own.sensitive_dose, own.sensitive_exponent)
        mass = awake * alcohol_factor(inputs.mean(_ALCOHOL.name), *alcohol) * opioid_factor(occupied, own.opioid_mass)
        return _Gates(
            first=awake / (1 + (np.asarray(own.pump_latency) - 1) * pumping),
            later=hazard(gate, state.person[:, 1], own.dead_time),
            mass=mass * (1 - (1 - np.asarray(own.pump_mass)) * pumping),
            cue_mass=mass * own.cue_mass,
        )

    def advance(self, state: PulseState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Let the pulses of the interval begin; levels act with their mean over it."""
        gates = self._gates(state, inputs)
        secretion = Secretion(state, self.parameters.duration, t, dt)
        self._latch(state, 2 * inputs.mean(_LATCHED.name) >= 1, gates, t)
        self._answer_cues(state, inputs.events(_CUE.name), gates, secretion, t + dt, streams)
        self._run_generator(state, gates, secretion, t + dt, streams)
        return {RATE.name: secretion.integral, PULSE.name: secretion.events()}

    def _latch(self, state: PulseState, latched: Any, gates: _Gates, t: int) -> None:
        """Begin and end feeds, and let the speeds change."""
        begins, ends = latched & (state.latched == 0), ~latched & (state.latched == 1)
        state.off_since[ends] = t
        fresh = begins & (t - state.off_since > _milliseconds(self.parameters.latch_reset))
        state.first[fresh] = 1
        state.progress[fresh], state.goal[fresh], state.speed[fresh] = 0, state.person[fresh, 0], 0
        state.anchor[fresh] = np.maximum(t, state.free[fresh])
        state.latched[:] = latched
        speed = np.where(latched, np.where(state.first == 1, gates.first, gates.later), 0.0)
        # Only a change moves the anchor, so that constant gates give the same times however intervals are cut.
        rows = np.flatnonzero((speed != state.speed) & (state.anchor < t))
        state.progress[rows] += state.speed[rows] * ((t - state.anchor[rows]) / 1000)
        state.anchor[rows] = t
        state.speed[:] = speed

    def _run_generator(
        self, state: PulseState, gates: _Gates, secretion: Secretion, end: int, streams: RandomStreams
    ) -> None:
        own = self.parameters
        when = due(state.progress, state.goal, state.speed, state.anchor)
        while len(rows := np.flatnonzero(when < end)):
            key = {"step": state.count[rows] & _COUNTER, "subject": state.subject[rows]}
            times = when[rows]
            sizes = np.exp(_of(own.pulse_sd, rows) * streams("mass").normal(**key))
            secretion.begin(rows, times, state.person[rows, 2] * sizes * gates.mass[rows], state.count[rows])
            state.free[rows] = state.anchor[rows] = times + _of(_milliseconds(own.dead_time), rows)
            state.progress[rows], state.goal[rows] = 0, -np.log(streams("wait").uniform(**key))
            state.speed[rows] = gates.later[rows]
            state.first[rows] = 0
            state.count[rows] += 1
            when[rows] = due(state.progress[rows], state.goal[rows], state.speed[rows], state.anchor[rows])

    def _answer_cues(
        self, state: PulseState, cues: Events, gates: _Gates, secretion: Secretion, end: int, streams: RandomStreams
    ) -> None:
        """Draw whether and when each cue is answered; until the answer is over more cues add nothing."""
        own, stream = self.parameters, streams("cue")
        window = cues.values.get("window", np.zeros(len(cues)))
        order = np.lexsort((cues.time, cues.subject))
        subject, time, window = cues.subject[order], cues.time[order], window[order]
        # The n-th cue of every subject at once, for n = 0, 1, …
        turn = np.arange(len(subject)) - np.searchsorted(subject, subject)
        for place in range(int(turn.max(initial=-1)) + 1):
            rows, begin, wide = (column[turn == place] for column in (subject, time, window))
            key = {"step": state.cue_count[rows] & _COUNTER, "subject": state.subject[rows]}
            state.cue_count[rows] += 1
            heard = begin >= state.cue_until[rows]
            self._condition(state, gates, secretion, rows[heard], begin[heard])
            comes = heard & (stream.uniform(**key, draw=0) < _of(own.cue_probability, rows))
            moment = begin + np.floor(stream.uniform(**key, draw=1) * wide * 1000).astype(np.int64)
            state.cue_due[rows[comes]] = moment[comes]
            state.cue_until[rows[comes]] = (moment + _of(_milliseconds(own.duration), rows))[comes]
        everyone = np.arange(len(state.subject))
        self._condition(state, gates, secretion, everyone, np.full(len(everyone), end))

    def _condition(self, state: PulseState, gates: _Gates, secretion: Secretion, rows: Ints, before: Ints) -> None:
        """Let the conditioned pulses of ``rows`` begin that are due before a time."""
        rows = rows[state.cue_due[rows] < before]
        secretion.begin(rows, state.cue_due[rows], state.person[rows, 2] * gates.cue_mass[rows], np.full(len(rows), -1))
        state.cue_due[rows] = EVER

    def invariants(self, state: PulseState, outputs: Outputs) -> list[Violation]:
        """Return pulses of less than nothing."""
        return [
            Violation("pulse", int(row), f"secretes {state.rates[row, slot]:g} pg/s")
            for row, slot in np.argwhere(~(state.rates >= 0))
        ]


def _of(value: Any, rows: Ints) -> Any:
    return value[rows] if np.ndim(value) else value


def _milliseconds(seconds: Any) -> Any:
    return np.rint(np.asarray(seconds) * 1000).astype(np.int64)
