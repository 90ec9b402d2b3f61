"""`OperationalReceptor`: oxytocin receptors with receptor reserve, competition and desensitisation."""

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
)
from knuffel.body.receptors.operational import equations
from knuffel.body.receptors.operational.equations import picomolar
from knuffel.body.receptors.operational.parameters import ReceptorParameters, ReceptorSettings

__all__ = ["OperationalReceptor", "ReceptorState"]

_OXYTOCIN = "plasma.oxytocin_concentration"
_CARBETOCIN = "plasma.carbetocin_concentration"
_ATOSIBAN, _M1 = "plasma.atosiban_concentration", "plasma.atosiban_m1_concentration"
_BASAL = "physiology.basal_concentration"
_DENSITY_SET = "physiology.receptor_density_set"
_LEVELS = (_OXYTOCIN, _CARBETOCIN, _ATOSIBAN, _M1, _BASAL, _DENSITY_SET)
_BATH = ("barusiban", "retosiban", "epelsiban", "l_368899")
_LONGEST_STEP = 60_000
_MINUTE = 60_000


@dataclass
class ReceptorState(State):
    """Arrays of shape (subject,).

    Receptor density (fmol/mg), coupled fraction and remaining fraction of the unstimulated density (0 to 1), and the
    transducer ratio of a lactating breast (0 in males).
    """

    density: Floats
    coupled_fraction: Floats
    remaining_fraction: Floats
    mammary_ratio: Floats


def _fraction(name: str, doc: str, default: float = 0) -> Port:
    return Port(f"receptors.{name}", "1", Kind.FRACTION, doc, default=default, range=(0, 1))


class OperationalReceptor(Component):
    """Turns what is in plasma into an effect between 0 and 1 through the operational model; binding is instantaneous.

    Agonists (oxytocin, carbetocin, vasopressin) and antagonists compete. Agonists beyond rest uncouple receptors within
    minutes and remove them within hours, unless the setting ``desensitisation`` is off. Where there are no receptors of
    a uterus (density 0, as in men) its outputs are 0 and the drive of V2 receptors is left.
    """

    room = "receptors"
    id = "operational"
    inputs = (
        Port(_OXYTOCIN, "pg/mL", Kind.LEVEL, "oxytocin in plasma", default=0),
        Port(_CARBETOCIN, "pg/mL", Kind.LEVEL, "carbetocin in plasma", default=0),
        Port(_ATOSIBAN, "pg/mL", Kind.LEVEL, "atosiban in plasma, bound and free", default=0),
        Port(_M1, "pg/mL", Kind.LEVEL, "its metabolite M1, bound and free", default=0),
        Port(_BASAL, "pg/mL", Kind.LEVEL, "resting oxytocin in plasma, which does not desensitise"),
        Port(_DENSITY_SET, "fmol/mg", Kind.LEVEL, "receptor density without stimulation"),
    )
    outputs = (
        _fraction("myometrium_effect", "effect on the myometrium"),
        Port("receptors.density", "fmol/mg", Kind.LEVEL, "receptor density", default=0, range=(0, inf)),
        _fraction("coupled_fraction", "receptors that signal", default=1),
        Port("receptors.antagonist_dose_ratio", "1", Kind.LEVEL, "1 without antagonist", default=1, range=(1, inf)),
        Port(
            "receptors.affinity_factor",
            "1",
            Kind.LEVEL,
            "factor of magnesium and cholesterol on dissociation constants of agonists",
            default=1,
            range=(0, inf),
        ),
        Port("receptors.oxytocin_stimulus", "1", Kind.LEVEL, "operational stimulus s", default=0, range=(0, inf)),
        _fraction("occupancy", "oxytocin receptors with an agonist on them"),
        _fraction("mammary_effect", "effect that the levels would have on a lactating breast, for display"),
        _fraction("v2_drive", "drive of V2 receptors by vasopressin and oxytocin"),
    )
    longest_interval = _LONGEST_STEP
    Parameters = ReceptorParameters
    Settings = ReceptorSettings
    State = ReceptorState
    citations = ("black_leff_1983",)

    parameters: ReceptorParameters
    settings: ReceptorSettings

    def __init__(self, parameters: ReceptorParameters, settings: ReceptorSettings | None = None) -> None:
        super().__init__(parameters, settings or ReceptorSettings())
        own = parameters
        self._factor = factor = equations.affinity_factor(
            own.free_magnesium,
            own.magnesium_constant,
            own.reference_magnesium,
            own.cholesterol,
            own.without_cholesterol,
        )
        self._affinity = own.affinity * factor
        self._oxytocin = picomolar(1, own.molar_mass)
        self._carbetocin = picomolar(1, own.carbetocin_molar_mass)
        self._carbetocin_affinity = own.carbetocin_affinity * factor
        self._vasopressin = own.vasopressin_concentration / (own.vasopressin_affinity * factor)
        free = picomolar(own.atosiban_free_fraction, own.atosiban_molar_mass)
        self._atosiban, self._m1 = free / own.atosiban_affinity, free / own.atosiban_m1_affinity
        bath = (getattr(own, f"{name}_concentration") / getattr(own, f"{name}_affinity") for name in _BATH)
        self._bath = self._atosiban * own.atosiban_concentration + sum(bath)

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[ReceptorState, Outputs]:
        """Return fresh receptors: density as set, all coupled."""
        state = ReceptorState(
            density=subjects.full(inputs.end(_DENSITY_SET)),
            coupled_fraction=subjects.full(1),
            remaining_fraction=subjects.full(1),
            mammary_ratio=np.where(subjects.male(), 0.0, subjects.full(self.parameters.mammary_ratio)),
        )
        now = np.array([[inputs.end(name) for name in _LEVELS]])
        outputs = self._outputs(state, now, state.density, state.coupled_fraction)
        return state, {name: value[0] if isinstance(value, tuple) else value for name, value in outputs.items()}

    def advance(self, state: ReceptorState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Follow levels and density; both limits are returned because plasma may jump at ``t``."""
        levels = np.array([[limit(name) for name in _LEVELS] for limit in (inputs.start, inputs.end)])
        density, coupled = state.density.copy(), state.coupled_fraction.copy()
        if self.settings.desensitisation == "on":
            self._desensitise(state, levels, dt)
        state.density[:] = state.remaining_fraction * levels[1, -1]
        density, coupled = np.array([density, state.density]), np.array([coupled, state.coupled_fraction])
        return self._outputs(state, levels, density, coupled)

    def _outputs(self, state: ReceptorState, levels: Floats, density: Floats, coupled: Floats) -> Outputs:
        """Return every output; ``levels`` has shape (moment, level, subject), the others (moment, subject)."""
        own, oxytocin = self.parameters, self._oxytocin * levels[:, 0]
        blocked = self._blocked(levels[:, 2], levels[:, 3])
        first, second = oxytocin / self._affinity, self._carbetocin * levels[:, 1] / self._carbetocin_affinity
        bound = first + second + self._vasopressin
        total = bound + blocked
        weighted = first + own.carbetocin_efficacy * second + own.vasopressin_efficacy * self._vasopressin
        signal = equations.stimulus(
            equations.transducer_ratio(density, coupled, own.transducer_constant) * weighted, total
        )
        mammary = equations.stimulus(state.mammary_ratio * weighted, total)
        v2 = equations.v2_drive(own.v2_vasopressin, oxytocin, own.v2_potency_ratio, own.v2_half_concentration)
        return {
            "receptors.myometrium_effect": tuple(equations.effect(signal, own.maximum_effect)),
            "receptors.density": state.density.copy(),
            "receptors.coupled_fraction": state.coupled_fraction.copy(),
            "receptors.antagonist_dose_ratio": tuple(equations.dose_ratio(blocked)),
            "receptors.affinity_factor": np.full(len(state.density), self._factor, dtype=np.float64),
            "receptors.oxytocin_stimulus": tuple(signal),
            "receptors.occupancy": tuple(equations.occupancy(bound, total)),
            "receptors.mammary_effect": tuple(equations.effect(mammary, own.maximum_effect)),
            "receptors.v2_drive": tuple(v2),
        }

    def _blocked(self, atosiban: Floats, metabolite: Floats) -> Any:
        """Return the free antagonists in units of their dissociation constants, the sum of B/K_B."""
        return self._bath + self._atosiban * atosiban + self._m1 * metabolite

    def _desensitise(self, state: ReceptorState, levels: Floats, dt: int) -> None:
        """Move coupling and loss in equal steps of at most a minute, each exact for the drive at its middle.

        Levels run straight from start to end.
        """
        own, steps = self.parameters, -(-dt // _LONGEST_STEP)
        minutes, change = dt / _MINUTE / steps, levels[1] - levels[0]
        coupled, remaining = state.coupled_fraction, state.remaining_fraction
        for step in range(steps):
            strength = self._drive(levels[0] + change * ((step + 0.5) / steps))
            coupled[:] = equations.desensitised(coupled, strength, minutes, own.recoupling_rate, own.uncoupling_rate)
            remaining[:] = equations.desensitised(remaining, strength, minutes, own.turnover_rate, own.loss_rate)

    def _drive(self, now: Floats) -> Any:
        """Return D, the drive of desensitisation, from 0 to 1; ``now`` has shape (level, subject)."""
        own = self.parameters
        oxytocin, carbetocin, atosiban, metabolite, basal, density = now
        beyond = equations.excess(
            self._oxytocin * oxytocin,
            self._oxytocin * basal,
            own.carbetocin_efficacy * self._carbetocin * carbetocin,
            self._blocked(atosiban, metabolite),
        )
        tau = equations.transducer_ratio(density, 1, own.transducer_constant)
        sensitivity = equations.half_effective_concentration(self._affinity, tau)
        return equations.drive(beyond, sensitivity, own.drive_constant)

    def invariants(self, state: ReceptorState, outputs: Outputs) -> list[Violation]:
        """Return negative densities and fractions outside 0 to 1."""
        found = [
            Violation("receptor density", int(row), f"is {state.density[row]:g} fmol/mg, below zero")
            for row in np.flatnonzero(state.density < 0)
        ]
        for name, values in (("coupled", state.coupled_fraction), ("remaining", state.remaining_fraction)):
            found += [
                Violation(f"{name} fraction", int(row), f"is {values[row]:g}, outside 0 to 1")
                for row in np.flatnonzero((values < 0) | (values > 1))
            ]
        return found
