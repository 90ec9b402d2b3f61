"""Secretion from the mean firing rate, for runs of days to months: three filters around a table."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.body.contract import Component, Floats, Inputs, Kind, Outputs, Port, RandomStreams, Subjects, Violation
from knuffel.body.secretion.human_scale import human_gland, slopes
from knuffel.body.secretion.ports import KAPPA, MU, OUTPUTS, SUBJECT
from knuffel.body.secretion.rate import equations
from knuffel.body.secretion.rate.parameters import (
    RateSecretionParameters,
    RateSecretionSettings,
    RateSecretionState,
)
from knuffel.errors import Notice, ParameterError

__all__ = ["RateSecretion"]

_EXCITATION, _INHIBITION = "stimuli.excitation_gain", "stimuli.inhibition_gain"
_RELEASE = 3  # row of the constants
_ROUNDING = 1e-6


class RateSecretion(Component):
    """The mean firing rate to oxytocin release: slow calcium, a releasable pool and a reserve; the rest is a table.

    The table is computed from the spiking cells and terminals (DOI 10.1210/en.2017-03068). Our design.
    """

    room = "secretion"
    id = "rate"
    inputs = (
        Port("neurons.firing_rate", "Hz", Kind.RATE, "spikes per second and cell, mean over cells"),
        Port(_EXCITATION, "1", Kind.LEVEL, "factor on the excitatory PSP rate", default=1.0),
        Port(_INHIBITION, "1", Kind.LEVEL, "factor on the inhibitory PSP rate", default=1.0),
        MU,
        KAPPA,
        *SUBJECT,
    )
    outputs = OUTPUTS
    coupling_interval = 60_000
    warm_up = 600 * 1000
    longest_interval = 600_000
    citations = ("maicas_royo_2018", "magnet_code")
    Parameters = RateSecretionParameters
    Settings = RateSecretionSettings
    State = RateSecretionState
    settings: RateSecretionSettings

    def __init__(self, parameters: RateSecretionParameters, settings: RateSecretionSettings | None = None) -> None:
        super().__init__(parameters, settings or RateSecretionSettings())
        table = self.settings.table
        if table is None:
            raise ParameterError("secretion: the model rate needs a rate table (knuffel build-rate-tables)")
        synthesis = parameters.resting_gland_rate if self.settings.synthesis == "constant" else 0
        self._constants = equations.constants(parameters, self.settings.calcium_exponent, synthesis)
        values = np.stack([table.squared_calcium, table.calcium_entry])
        self._grid = equations.fine_grid(table.rate, table.openness, values)
        self._ratios, self._highest = table.release_ratio, float(table.rate[-1])

    def notices(self) -> list[Notice]:
        """Return that the human scale is assumed."""
        return [human_gland()] if self.settings.species == "human" else []

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[RateSecretionState, Outputs]:
        """Return terminals at rest with a full releasable pool."""
        p = self.parameters
        state = RateSecretionState(
            subjects.full(p.slow_calcium_start), subjects.full(p.pool_maximum), subjects.full(p.reserve_start)
        )
        return state, {"secretion.store_fraction": self._store(state)}

    def advance(self, state: RateSecretionState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Move pools over ``dt`` ms; the human scale applies to the mean over each second, as with spikes."""
        rates = inputs.integral("neurons.firing_rate") / (dt / 1000)
        highest = rates.max(initial=0)
        if highest > self._highest * (1 + _ROUNDING):
            raise ParameterError(
                f"secretion: the firing rate reaches {highest:g} Hz at {t / 1000:g} s; "
                f"the rate table ends at {self._highest:g} Hz"
            )
        p, mu, kappa = self.parameters, inputs.mean(MU.name), inputs.mean(KAPPA.name)
        excitation, inhibition = inputs.mean(_EXCITATION) * (1 - p.mu_opioid_inhibition * mu), inputs.mean(_INHIBITION)
        table = self._constants
        if mu.any() or kappa.any():
            # Release goes with the square of fast calcium, as long as fast calcium does not close the channels.
            left = (1 - p.mu_opioid_release_inhibition * mu) * (1 - p.kappa_calcium_inhibition * kappa) ** 2
            table = np.repeat(table, len(rates) // table.shape[1], axis=1)
            table[_RELEASE] *= left
        ratios = np.divide(inhibition, excitation, out=np.ones(len(rates)), where=excitation > 0)
        released, above = np.empty(len(rates)), np.empty(len(rates))
        stores = (state.slow_calcium, state.pool, state.reserve)
        exponent = self.settings.calcium_exponent
        _loop()(t, dt, rates, ratios, *stores, released, above, table, exponent, *self._grid, self._ratios)
        return {
            "secretion.gland_rate": released,
            "secretion.rate": self._into_blood(released, above, inputs),
            "secretion.store_fraction": self._store(state),
        }

    def _into_blood(self, released: Floats, above: Floats, inputs: Inputs) -> Floats:
        """Return what reaches the blood (pg) of what the gland released, ``above`` of it above the knee."""
        if self.settings.species == "rat":
            return released.copy()
        tonic, burst = slopes(self.parameters, self.settings.burst_slope, inputs)
        amount: Floats = tonic * (released - above) + burst * above
        return amount

    def _store(self, state: RateSecretionState) -> Floats:
        """Return the reserve as a fraction of a full one."""
        fraction: Floats = np.minimum(state.reserve / self.parameters.reserve_maximum, 1)
        return fraction

    def invariants(self, state: RateSecretionState, outputs: Outputs) -> list[Violation]:
        """No pool is negative."""
        return [
            Violation(f"secretion.{name}", int(row), "a store became negative")
            for name in ("pool", "reserve")
            for row in np.flatnonzero(getattr(state, name) < 0)
        ]


@lru_cache(maxsize=1)
def _loop() -> Any:
    """Return the compiled loop, or its plain twin where numba is missing."""
    try:
        from knuffel.body.secretion.rate import kernel
    except ImportError:
        return equations.advance_glands
    return kernel.advance_glands
