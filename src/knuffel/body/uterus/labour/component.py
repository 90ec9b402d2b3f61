"""`LabourUterus`: contractions, intrauterine pressure and Montevideo units under oxytocin."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from knuffel.body.contract import (
    Component,
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
from knuffel.body.uterus.labour import equations
from knuffel.body.uterus.labour.contractions import SLOTS, NewContractions, overlapping_pressure
from knuffel.body.uterus.labour.parameters import UterusParameters
from knuffel.units import UG_PER_IU

__all__ = ["LabourUterus", "UterusState"]

_STIMULUS = "receptors.oxytocin_stimulus"
_DENSITY, _COUPLED, _RATIO = "receptors.density", "receptors.coupled_fraction", "receptors.antagonist_dose_ratio"
_AFFINITY = "receptors.affinity_factor"
_BASAL, _CLEARANCE = "physiology.basal_concentration", "physiology.typical_clearance"
# 1 mU/min in pg/s: micrograms per IU are pg per uIU; 1000 uIU in a mU, 60 s in a minute.
_PG_PER_SECOND = UG_PER_IU["oxytocin"] * 1000 / 60


@dataclass
class UterusState(State):
    """Arrays of shape (subject,), and of shape (subject, slot) for the contractions that may still go on.

    ``effective`` e in mU/min, ``dilatation`` cm, ``activity`` MVU, ``frequency`` per min, ``height`` mmHg, ``phase``
    contractions since the last one, ``spacing`` the phase at which the next one starts, ``count`` how many there were,
    ``subject`` place in the cohort; ``begin`` ms, ``amplitude`` mmHg, ``duration`` s.
    """

    effective: Floats
    dilatation: Floats
    activity: Floats
    frequency: Floats
    height: Floats
    phase: Floats
    spacing: Floats
    count: Ints
    subject: Ints
    begin: Ints
    amplitude: Floats
    duration: Floats


def _level(name: str, unit: str, doc: str, highest: float = inf) -> Port:
    return Port(f"uterus.{name}", unit, Kind.LEVEL, doc, default=0, range=(0, highest))


class LabourUterus(Component):
    """A phenomenological uterus: oxytocin in excess of the basal level raises activity through a slow response.

    The expected activity sets frequency and height; a phase accumulator starts single contractions with random
    spacing, height and duration, keyed by the number of the contraction. Dilatation stays where it starts.
    """

    room = "uterus"
    id = "labour"
    inputs = (
        Port(_STIMULUS, "1", Kind.LEVEL, "operational stimulus of oxytocin"),
        Port(_DENSITY, "fmol/mg", Kind.LEVEL, "receptor density"),
        Port(_COUPLED, "1", Kind.FRACTION, "receptors that signal"),
        Port(_RATIO, "1", Kind.LEVEL, "dose ratio of antagonists"),
        Port(_AFFINITY, "1", Kind.LEVEL, "factor on the dissociation constant of oxytocin", default=1),
        Port(_BASAL, "pg/mL", Kind.LEVEL, "resting oxytocin in plasma"),
        Port(_CLEARANCE, "mL/s", Kind.LEVEL, "typical clearance of oxytocin"),
    )
    outputs = (
        _level("activity", "MVU", "expected uterine activity"),
        _level("contraction_frequency", "1/min", "expected frequency of contractions"),
        _level("intrauterine_pressure", "mmHg", "pressure in the uterus, without measurement noise"),
        _level("dilatation", "cm", "dilatation of the cervix", highest=10),
        Port(
            "uterus.contraction",
            "ms",
            Kind.EVENTS,
            "starts of contractions",
            columns=(("amplitude", "mmHg"), ("duration", "s")),
        ),
    )
    coupling_interval = 10_000
    longest_interval = 15_000
    Parameters = UterusParameters
    State = UterusState

    parameters: UterusParameters

    def _equivalents(self, inputs: Inputs) -> tuple[Floats, Floats]:
        """Return x (mU/min) at the start and at the end of the interval."""
        own = self.parameters
        receptor = (own.affinity, own.transducer_constant, own.molar_mass)
        shift = inputs.end(_RATIO) * inputs.end(_AFFINITY)
        basal = equations.stimulus_of_level(
            inputs.end(_BASAL), inputs.end(_DENSITY), inputs.end(_COUPLED), shift, *receptor
        )
        per_rate = equations.stimulus_per_rate(_PG_PER_SECOND, inputs.end(_CLEARANCE), own.reference_density, *receptor)
        start, end = inputs.start(_STIMULUS), inputs.end(_STIMULUS)
        after = equations.infusion_equivalent(end, basal, per_rate)
        before = after if start is end else equations.infusion_equivalent(start, basal, per_rate)
        return before, after

    def _respond(self, state: UterusState, inputs: Inputs) -> None:
        """Set activity, frequency and height from the effective stimulus."""
        own = self.parameters
        blocked = own.antagonist_share * (1 - 1 / inputs.end(_RATIO))
        state.activity[:] = equations.activity(
            state.effective,
            state.dilatation,
            blocked,
            own.spontaneous_activity,
            own.dilatation_activity,
            own.oxytocin_activity,
            own.sensitivity,
        )
        state.frequency[:], state.height[:] = equations.contraction_size(
            state.activity,
            own.reference_frequency,
            own.reference_amplitude,
            own.amplitude_slope,
            own.maximum_amplitude,
            own.maximum_frequency,
        )

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[UterusState, Outputs]:
        """Return the steady response to the levels at the start, with no contraction going on."""
        count = len(subjects)
        state = UterusState(
            effective=self._equivalents(inputs)[1],
            dilatation=subjects.full(self.parameters.dilatation),
            activity=np.zeros(count),
            frequency=np.zeros(count),
            height=np.zeros(count),
            phase=np.zeros(count),
            spacing=np.zeros(count),
            count=np.zeros(count, dtype=np.int64),
            subject=np.array(subjects.index, dtype=np.int64),
            begin=np.zeros((count, SLOTS), dtype=np.int64),
            amplitude=np.zeros((count, SLOTS)),
            duration=np.ones((count, SLOTS)),
        )
        self._respond(state, inputs)
        state.spacing[:] = NewContractions(self.parameters, streams).draw(state.subject, state.count).spacing
        return state, self._levels(state, 0)

    def advance(self, state: UterusState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Filter the stimulus, respond, and start the contractions whose phase comes round within the interval."""
        before, after = self._equivalents(inputs)
        state.effective[:] = equations.filtered(
            state.effective, before, after, dt / 1000, self.parameters.biophase_time
        )
        frequency, height = state.frequency.copy(), state.height.copy()
        self._respond(state, inputs)
        progress = 0.5 * (frequency + state.frequency) * (dt / 1000 / 60)
        events = NewContractions(self.parameters, streams).start(state, progress, height, t, dt)
        outputs = self._levels(state, t + dt)
        outputs["uterus.contraction"] = events
        return outputs

    def _levels(self, state: UterusState, t: int) -> Outputs:
        own = self.parameters
        tone = equations.resting_tone(state.frequency, own.resting_tone, own.tone_slope, own.tone_threshold)
        squeeze = overlapping_pressure(state.begin, state.amplitude, state.duration, t, own.rise_share)
        return {
            "uterus.activity": state.activity.copy(),
            "uterus.contraction_frequency": state.frequency.copy(),
            "uterus.intrauterine_pressure": equations.capped_pressure(squeeze, tone, own.maximum_pressure),
            "uterus.dilatation": state.dilatation.copy(),
        }

    def invariants(self, state: UterusState, outputs: Outputs) -> list[Violation]:
        """Return negative states, dilatation beyond 10 cm and a phase that has passed its mark."""
        found = [
            Violation(name, int(row), f"is {getattr(state, name)[row]:g}, below zero")
            for name in ("effective", "activity", "frequency", "height", "phase")
            for row in np.flatnonzero(getattr(state, name) < 0)
        ]
        wide = np.flatnonzero((state.dilatation < 0) | (state.dilatation > 10))
        found += [Violation("dilatation", int(row), f"is {state.dilatation[row]:g} cm") for row in wide]
        late = np.flatnonzero(state.phase > state.spacing)
        return found + [Violation("phase", int(row), "a contraction was lost") for row in late]
