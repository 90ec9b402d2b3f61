"""`OperationalReceptor`: oxytocin receptors of the myometrium with receptor reserve."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from knuffel.body.contract import (
    Component,
    Floats,
    Inputs,
    Kind,
    Outputs,
    Port,
    RandomStreams,
    State,
    Subjects,
    Violation,
    check_numbers,
    parameter,
)
from knuffel.body.receptors.operational.equations import dose_ratio, effect, picomolar, stimulus, transducer_ratio

__all__ = ["OperationalReceptor", "ReceptorParameters", "ReceptorState"]

_CONCENTRATION = "plasma.oxytocin_concentration"
_DENSITY_SET = "physiology.receptor_density_set"


@dataclass(frozen=True)
class ReceptorParameters:
    """Numbers of the receptor; scalars or arrays of shape (subject,). Raises `ParameterError` when impossible."""

    affinity: float = parameter(
        "receptors.oxytocin_affinity", "pM", "dissociation constant of oxytocin, K_A", positive=True
    )
    molar_mass: float = parameter("receptors.oxytocin_molar_mass", "g/mol", "molar mass of oxytocin", positive=True)
    transducer_constant: float = parameter(
        "receptors.transducer_constant", "fmol/mg", "receptor density of half-maximal transduction, K_E", positive=True
    )
    maximum_effect: float = parameter(
        "receptors.maximum_effect", "1", "ceiling of the effect, Em", positive=True, at_most=1
    )
    vasopressin_concentration: float = parameter(
        "receptors.vasopressin_concentration", "pM", "vasopressin that competes for the receptor"
    )
    vasopressin_affinity: float = parameter(
        "receptors.vasopressin_affinity", "pM", "its dissociation constant", positive=True
    )
    vasopressin_efficacy: float = parameter(
        "receptors.vasopressin_efficacy", "1", "its transducer ratio as a fraction of that of oxytocin"
    )
    atosiban_concentration: float = parameter("receptors.atosiban_concentration", "pg/mL", "atosiban in plasma, total")
    atosiban_free_fraction: float = parameter(
        "receptors.atosiban_free_fraction", "1", "share of atosiban not bound to proteins", at_most=1
    )
    atosiban_molar_mass: float = parameter("receptors.atosiban_molar_mass", "g/mol", "its molar mass", positive=True)
    atosiban_affinity: float = parameter(
        "receptors.atosiban_affinity", "pM", "its dissociation constant, K_B", positive=True
    )

    def __post_init__(self) -> None:
        check_numbers(self)


@dataclass
class ReceptorState(State):
    """Receptor density (fmol/mg) and coupled fraction (0 to 1), arrays of shape (subject,)."""

    density: Floats
    coupled_fraction: Floats


class OperationalReceptor(Component):
    """Turns plasma oxytocin into an effect between 0 and 1 through the operational model; binding is instantaneous.

    No desensitisation: all receptors stay coupled and the density is that of the physiology. The antagonist atosiban
    has one concentration for the whole run; it competes here, and its dose ratio serves other tissues.
    """

    room = "receptors"
    id = "operational"
    inputs = (
        Port(_CONCENTRATION, "pg/mL", Kind.LEVEL, "oxytocin in plasma", default=0),
        Port(_DENSITY_SET, "fmol/mg", Kind.LEVEL, "receptor density without stimulation"),
    )
    outputs = (
        Port("receptors.myometrium_effect", "1", Kind.FRACTION, "effect on the myometrium", default=0, range=(0, 1)),
        Port("receptors.density", "fmol/mg", Kind.LEVEL, "receptor density", default=0, range=(0, inf)),
        Port("receptors.coupled_fraction", "1", Kind.FRACTION, "receptors that signal", default=1, range=(0, 1)),
        Port("receptors.antagonist_dose_ratio", "1", Kind.LEVEL, "1 without antagonist", default=1, range=(1, inf)),
        Port("receptors.oxytocin_stimulus", "1", Kind.LEVEL, "operational stimulus s", default=0, range=(0, inf)),
    )
    Parameters = ReceptorParameters
    State = ReceptorState
    citations = ("black_leff_1983",)

    parameters: ReceptorParameters

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[ReceptorState, Outputs]:
        """Return fresh receptors: density as set, all coupled."""
        state = ReceptorState(subjects.full(inputs.end(_DENSITY_SET)), subjects.full(1))
        now = self._signal(state, inputs.end(_CONCENTRATION))
        return state, self._outputs(state, *now)

    def advance(self, state: ReceptorState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Follow density and concentration; both limits are returned because plasma may jump at ``t``."""
        state.density[:] = inputs.end(_DENSITY_SET)
        start, end = inputs.start(_CONCENTRATION), inputs.end(_CONCENTRATION)
        after = self._signal(state, end)
        before = after if start is end else self._signal(state, start)
        return self._outputs(state, (before[0], after[0]), (before[1], after[1]))

    def _signal(self, state: ReceptorState, concentration: Floats) -> tuple[Floats, Floats]:
        """Return stimulus and effect for a concentration in pg/mL."""
        own = self.parameters
        bound = picomolar(concentration, own.molar_mass) / own.affinity
        other = own.vasopressin_concentration / own.vasopressin_affinity
        tau = transducer_ratio(state.density, state.coupled_fraction, own.transducer_constant)
        signal = stimulus(tau * (bound + own.vasopressin_efficacy * other), bound + other + self._blocked())
        return signal, effect(signal, own.maximum_effect)

    def _blocked(self) -> Any:
        """Return the free antagonist in units of its dissociation constant, B/K_B."""
        own = self.parameters
        free = own.atosiban_free_fraction * own.atosiban_concentration
        return picomolar(free, own.atosiban_molar_mass) / own.atosiban_affinity

    def _outputs(self, state: ReceptorState, signal: Any, response: Any) -> Outputs:
        return {
            "receptors.myometrium_effect": response,
            "receptors.density": state.density.copy(),
            "receptors.coupled_fraction": state.coupled_fraction.copy(),
            "receptors.antagonist_dose_ratio": np.full(len(state.density), dose_ratio(self._blocked())),
            "receptors.oxytocin_stimulus": signal,
        }

    def invariants(self, state: ReceptorState, outputs: Outputs) -> list[Violation]:
        """Return negative densities and coupled fractions outside 0 to 1."""
        found = [
            Violation("receptor density", int(row), f"is {state.density[row]:g} fmol/mg, below zero")
            for row in np.flatnonzero(state.density < 0)
        ]
        coupled = state.coupled_fraction
        return found + [
            Violation("coupled fraction", int(row), f"is {coupled[row]:g}, outside 0 to 1")
            for row in np.flatnonzero((coupled < 0) | (coupled > 1))
        ]
