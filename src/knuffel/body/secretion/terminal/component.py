"""Stimulus-secretion coupling as a body part: spikes in, oxytocin into the blood out."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

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
from knuffel.body.secretion.human_scale import human_gland, slopes
from knuffel.body.secretion.ports import KAPPA, MU, OUTPUTS, SUBJECT
from knuffel.body.secretion.terminal import synthesis
from knuffel.body.secretion.terminal.equations import advance_cells, constants, left_in_block, two_slopes
from knuffel.body.secretion.terminal.parameters import SecretionParameters, SecretionSettings, SecretionState
from knuffel.body.threads import in_pieces
from knuffel.errors import ComponentError, Notice

__all__ = ["TerminalSecretion"]

_FEWEST_CELLS = 20
_POOLS = ("broadening", "fast_calcium", "slow_calcium", "pool", "owed", "reserve")


class TerminalSecretion(Component):
    """Spikes to oxytocin release: calcium, a releasable pool and a reserve; one gland, the mean over the model cells.

    Source: DOI 10.1210/en.2017-03068 and the code of the group. The human scale is assumed (see the README).
    """

    room = "secretion"
    id = "secretion-2018"
    inputs = (
        Port("neurons.spike", "ms", Kind.EVENTS, "spikes: time, subject, neuron"),
        *SUBJECT,
        MU,
        KAPPA,
    )
    outputs = OUTPUTS
    coupling_interval = 1000
    warm_up = 300 * 1000
    longest_interval = 1000
    citations = ("maicas_royo_2018", "magnet_code")
    Parameters = SecretionParameters
    Settings = SecretionSettings
    State = SecretionState
    settings: SecretionSettings

    def __init__(self, parameters: SecretionParameters, settings: SecretionSettings | None = None) -> None:
        super().__init__(parameters, settings or SecretionSettings())
        self._steady = parameters.resting_gland_rate if self.settings.synthesis == "constant" else 0
        self._plain = self._built(parameters)
        self._last: tuple[Any, tuple[Floats, Floats]] = (None, self._plain)

    def notices(self) -> list[Notice]:
        """Return what to know of synthesis, and of the human scale: that it is assumed, and when cells are too few."""
        found = []
        if self.settings.synthesis == "mrna":
            text = "synthesis from mRNA runs on placeholders that its authors made for vasopressin, scaled to rest"
            found.append(Notice("mrna_placeholders", text, "secretion"))
        if self.settings.species != "human":
            return found
        found.append(human_gland())
        if self.settings.cells < _FEWEST_CELLS:
            text = f"the human scale tells tonic release from bursts; below {_FEWEST_CELLS} cells chance bursts count"
            found.append(Notice("few_cells", f"{text} (cells: {self.settings.cells})", "secretion"))
        return found

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[SecretionState, Outputs]:
        """Return terminals at rest with a full releasable pool."""
        p, shape = self.parameters, (len(subjects), self.settings.cells)

        def full(value: Any) -> Floats:
            return np.repeat(subjects.full(value)[:, None], shape[1], axis=1)

        rest = synthesis.resting_state(p, self.settings.synthesis, self.settings.mrna_loss, shape[0])
        state = SecretionState(
            full(0),
            full(0),
            full(p.slow_calcium_start),
            full(p.pool_maximum),
            full(0),
            full(p.reserve_start),
            **rest,
        )
        return state, {"secretion.store_fraction": self.store_fraction(state)}

    def advance(self, state: SecretionState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Move pools over ``dt`` ms; the human scale applies to the mean rate over this interval."""
        released = self.release(
            state, inputs.events("neurons.spike"), t, dt, inputs.mean(MU.name), inputs.mean(KAPPA.name)
        )
        seconds = dt / 1000
        rate = self._into_blood(released / seconds, inputs)
        return {
            "secretion.gland_rate": released,
            "secretion.rate": rate * seconds,
            "secretion.store_fraction": self.store_fraction(state),
        }

    def release(
        self, state: SecretionState, spikes: Events, t: int, dt: int, mu: Floats | None = None,
        kappa: Floats | None = None,
    ) -> Floats:  # fmt: skip
        """Move pools over ``dt`` ms in place and return what the gland released, pg, shape (subject,).

        ``mu`` and ``kappa`` (subject) are the mu-opioid occupancy and the kappa-opioid activity; none unless given.
        """
        settings, none = self.settings, np.zeros(len(state.pool))
        modulation = (none if mu is None else mu, none if kappa is None else kappa)
        if settings.synthesis in ("constant", "none"):
            return self._release(state, spikes, t, dt, self._tables(self._steady, *modulation))
        released = none
        for begin, end in synthesis.pieces(t, dt):
            rate = synthesis.synthesis_rate(self.parameters, settings.synthesis, settings.mrna_loss, state, begin)
            inside = spikes.between(begin, end)
            released = released + self._release(state, inside, begin, end - begin, self._tables(rate, *modulation))
            state.second_spikes += np.bincount(inside.subject, minlength=len(state.pool))
            if end % synthesis.SECOND == 0:
                synthesis.advance_second(
                    self.parameters, settings.synthesis, settings.mrna_loss, state, end, settings.cells
                )
        return released

    def _tables(self, rate: Any, mu: Floats, kappa: Floats) -> tuple[Floats, Floats]:
        """Return what the loop needs under opioids and a synthesis of ``rate`` pg/s; opioids mostly stay."""
        key = (mu.tobytes(), kappa.tobytes()) if mu.any() or kappa.any() else None
        if key is not None and key != self._last[0]:
            p = self.parameters
            modulated = replace(
                p,
                release_rate=p.release_rate * (1 - p.mu_opioid_release_inhibition * mu),
                fast_calcium_step=p.fast_calcium_step * (1 - p.kappa_calcium_inhibition * kappa),
            )
            self._last = key, self._built(modulated)
        table, left = self._plain if key is None else self._last[1]
        if rate is self._steady:
            return table, left
        copies = len(rate) // table.shape[1]
        table, left = np.repeat(table, copies, axis=1), np.repeat(left, copies, axis=2)
        table[-1] = rate / 1000
        return table, left

    def _built(self, parameters: SecretionParameters) -> tuple[Floats, Floats]:
        table = constants(parameters, self.settings.calcium_exponent, self._steady)
        return table, left_in_block(table, self.settings.release_exponent)

    def _release(self, state: SecretionState, spikes: Events, t: int, dt: int, tables: tuple[Floats, Floats]) -> Floats:
        subjects, cells = state.pool.shape
        split: Ints = np.searchsorted(spikes.subject, np.arange(subjects + 1))
        released = np.zeros((subjects, cells))
        states = [getattr(state, name) for name in _POOLS]
        exponents = (self.settings.calcium_exponent, self.settings.release_exponent)
        met = _loop()(t, dt, spikes.time, spikes.index, split, *states, released, *tables, *exponents)
        if met != len(spikes):
            raise ComponentError(f"secretion: there are {cells} cells, but a spike of cell {int(spikes.index.max())}")
        mean: Floats = released.sum(axis=1) / cells
        return mean

    def _into_blood(self, gland_rate: Floats, inputs: Inputs) -> Floats:
        """Return secretion into the blood in pg/s."""
        if self.settings.species == "rat":
            return gland_rate.copy()
        tonic, burst = slopes(self.parameters, self.settings.burst_slope, inputs)
        rate: Floats = two_slopes(gland_rate, tonic, burst, self.parameters.burst_knee)
        return rate

    def store_fraction(self, state: SecretionState) -> Floats:
        """Return the mean reserve as a fraction of a full one."""
        left = (state.reserve - state.owed).sum(axis=1)
        fraction: Floats = np.minimum(left / (state.reserve.shape[1] * self.parameters.reserve_maximum), 1)
        return fraction

    def invariants(self, state: SecretionState, outputs: Outputs) -> list[Violation]:
        """No pool is negative."""
        return [
            Violation(f"secretion.{name}", int(row), "a store became negative")
            for name in ("pool", "reserve")
            for row in np.flatnonzero((getattr(state, name) < 0).any(axis=1))
        ]


@lru_cache(maxsize=1)
def _loop() -> Any:
    """Return the compiled loop over all cells, or its numpy twin where numba is missing."""
    try:
        from knuffel.body.secretion.terminal import kernel
    except ImportError:
        return advance_cells

    def run(t: int, steps: int, *arguments: Any) -> int:
        subjects, cells = arguments[3].shape
        pieces = subjects * ((cells + kernel.WIDTH - 1) // kernel.WIDTH)

        def work(begin: int, end: int) -> int:
            met: int = kernel.advance_cells(begin, end, t, steps, *arguments)
            return met

        return sum(in_pieces(work, pieces, subjects * cells * steps))

    return run
