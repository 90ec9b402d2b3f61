"""Stimulus-secretion coupling as a body part: spikes in, oxytocin into the blood out."""

from __future__ import annotations

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
from knuffel.body.secretion.terminal.equations import advance_cells, constants, left_in_block, two_slopes
from knuffel.body.secretion.terminal.parameters import SecretionParameters, SecretionSettings, SecretionState
from knuffel.body.threads import in_pieces
from knuffel.errors import ComponentError, Notice

__all__ = ["TerminalSecretion"]

_FEWEST_CELLS = 20


class TerminalSecretion(Component):
    """Spikes to oxytocin release: calcium, a releasable pool and a reserve; one gland, the mean over the model cells.

    Source: DOI 10.1210/en.2017-03068 and the code of the group. The human scale is assumed (see the README).
    """

    room = "secretion"
    id = "secretion-2018"
    inputs = (
        Port("neurons.spike", "ms", Kind.EVENTS, "spikes: time, subject, neuron"),
        Port("physiology.basal_concentration", "pg/mL", Kind.LEVEL, "resting plasma oxytocin of the subject"),
        Port("physiology.clearance", "mL/s", Kind.LEVEL, "clearance of oxytocin of the subject"),
    )
    outputs = (
        Port("secretion.gland_rate", "pg/s", Kind.RATE, "secretion of the modelled (rat) gland", range=(0.0, np.inf)),
        Port(
            "secretion.rate", "pg/s", Kind.RATE, "oxytocin into the blood", default=0.0, range=(0.0, np.inf),
            substance="oxytocin",
        ),
        Port("secretion.store_fraction", "1", Kind.FRACTION, "reserve left", default=1.0, range=(0.0, 1.0)),
    )  # fmt: skip
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
        synthesis = parameters.resting_gland_rate if self.settings.synthesis == "constant" else 0
        self._constants = constants(parameters, self.settings.calcium_exponent, synthesis)
        self._left = left_in_block(self._constants, self.settings.release_exponent)

    def notices(self) -> list[Notice]:
        """Return what to know of the human scale: that it is assumed, and when it rests on too few cells."""
        if self.settings.species != "human":
            return []
        text = "the human gland is assumed: the modelled gland, scaled by one slope at rest and another in bursts"
        found = [Notice("human_gland", text, "secretion")]
        if self.settings.cells < _FEWEST_CELLS:
            text = f"the human scale tells tonic release from bursts; below {_FEWEST_CELLS} cells chance bursts count"
            found.append(Notice("few_cells", f"{text} (cells: {self.settings.cells})", "secretion"))
        return found

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[SecretionState, Outputs]:
        """Return terminals at rest with a full releasable pool."""
        p, shape = self.parameters, (len(subjects), self.settings.cells)

        def full(value: Any) -> Floats:
            return np.repeat(subjects.full(value)[:, None], shape[1], axis=1)

        state = SecretionState(
            full(0), full(0), full(p.slow_calcium_start), full(p.pool_maximum), full(0), full(p.reserve_start)
        )
        return state, {"secretion.store_fraction": self.store_fraction(state)}

    def advance(self, state: SecretionState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Move pools over ``dt`` ms; the human scale applies to the mean rate over this interval."""
        released = self.release(state, inputs.events("neurons.spike"), t, dt)
        seconds = dt / 1000
        rate = self._into_blood(released / seconds, inputs)
        return {
            "secretion.gland_rate": released,
            "secretion.rate": rate * seconds,
            "secretion.store_fraction": self.store_fraction(state),
        }

    def release(self, state: SecretionState, spikes: Events, t: int, dt: int) -> Floats:
        """Move pools over ``dt`` ms in place and return what the gland released, pg, shape (subject,)."""
        subjects, cells = state.pool.shape
        split: Ints = np.searchsorted(spikes.subject, np.arange(subjects + 1))
        released = np.zeros((subjects, cells))
        states = tuple(state.arrays().values())
        exponents = (self.settings.calcium_exponent, self.settings.release_exponent)
        met = _loop()(
            t, dt, spikes.time, spikes.index, split, *states, released, self._constants, self._left, *exponents
        )
        if met != len(spikes):
            raise ComponentError(f"secretion: there are {cells} cells, but a spike of cell {int(spikes.index.max())}")
        mean: Floats = released.sum(axis=1) / cells
        return mean

    def _into_blood(self, gland_rate: Floats, inputs: Inputs) -> Floats:
        """Return secretion into the blood in pg/s."""
        if self.settings.species == "rat":
            return gland_rate.copy()
        p = self.parameters
        basal = inputs.mean("physiology.basal_concentration") * inputs.mean("physiology.clearance")
        burst = getattr(p, f"burst_slope_{self.settings.burst_slope}")
        rate: Floats = two_slopes(gland_rate, basal / p.resting_gland_rate, burst, p.burst_knee)
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
