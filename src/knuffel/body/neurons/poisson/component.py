"""The Poisson cell as a body part: excitation in, spikes without memory out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.body.contract import (
    Component,
    Floats,
    Inputs,
    Ints,
    Outputs,
    RandomStreams,
    State,
    Subjects,
    Violation,
    check_numbers,
    parameter,
)
from knuffel.body.neurons.poisson.equations import advance_cells, chance
from knuffel.body.neurons.ports import GAINS, OUTPUTS, check_cells, rate_factors, spikes_out
from knuffel.errors import Notice

__all__ = ["PoissonCells", "PoissonParameters", "PoissonSettings", "PoissonState"]

_MOST_DRAWS = 2**22  # cells times ms handed to the loop at once, so that the memory for spikes does not grow


@dataclass(frozen=True)
class PoissonSettings:
    """``cells`` is the number of neurons of each subject."""

    cells: int = 100

    def __post_init__(self) -> None:
        check_cells(self.cells)


@dataclass(frozen=True)
class PoissonParameters:
    """Rate and dead time. Fields are numbers, or arrays of shape (subject,)."""

    poisson_rate: Any = parameter("neurons.poisson_rate", "Hz", "mean rate of a Poisson cell at rest")
    dead_time: Any = parameter("neurons.dead_time", "ms", "shortest interval between two spikes of a Poisson cell")
    rate_heterogeneity: Any = parameter(
        "neurons.rate_heterogeneity", "1", "standard deviation of the logarithm of the rate over cells"
    )

    mu_opioid_inhibition: Any = parameter(
        "neurons.mu_opioid_inhibition", "1", "share of excitation that full mu-opioid occupancy takes away", at_most=1
    )

    def __post_init__(self) -> None:
        check_numbers(self)


@dataclass
class PoissonState(State):
    """Arrays of shape (subject, cell): ms since the last spike, share of the rate; ``subject_index`` (subject,)."""

    subject_index: Ints
    since_spike: Ints
    rate_factor: Floats


class PoissonCells(Component):
    """A control: cells that fire at random, independently, at a given mean rate, with a short dead time.

    Excitation multiplies the rate, mu-opioids lower it; inhibition does nothing. It has nothing that a real cell
    remembers: no HAP, no AHP.
    """

    room = "neurons"
    id = "poisson"
    inputs = GAINS
    outputs = OUTPUTS
    coupling_interval = 1000
    longest_interval = 10_000
    default_sets = ("poisson",)
    Parameters = PoissonParameters
    Settings = PoissonSettings
    State = PoissonState
    settings: PoissonSettings

    def __init__(self, parameters: PoissonParameters, settings: PoissonSettings | None = None) -> None:
        super().__init__(parameters, settings or PoissonSettings())
        self._dead: Ints = np.ceil(np.asarray(parameters.dead_time, dtype=np.float64)).astype(np.int64)

    def notices(self) -> list[Notice]:
        """Return a warning when the rate cannot be reached with this dead time."""
        fastest = 1000 / np.maximum(self._dead, 1)
        if (np.asarray(self.parameters.poisson_rate) <= fastest).all():
            return []
        text = f"the dead time allows at most {float(np.min(fastest)):g} spikes/s: the rate is not reached"
        return [Notice("poisson_rate", text, "neurons")]

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[PoissonState, Outputs]:
        """Return cells long after their last spike."""
        index = subjects.index.astype(np.int64)
        shape = (len(subjects), self.settings.cells)
        dead = np.broadcast_to(self._dead, shape[:1])
        factors = rate_factors(
            self.parameters.rate_heterogeneity, index, self.settings.cells, streams("rate heterogeneity")
        )
        return PoissonState(index, np.repeat(dead[:, None], shape[1], axis=1), factors), {}

    def advance(self, state: PoissonState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Move every cell over ``dt`` ms and return spikes and the mean firing rate of each subject.

        A gain that changes inside the interval acts with its mean; a negative one counts as zero.
        """
        subjects, cells = state.since_spike.shape
        p = self.parameters
        open_share = 1 - p.mu_opioid_inhibition * inputs.mean(GAINS[2].name)
        rate = np.maximum(p.poisson_rate * inputs.mean(GAINS[0].name) * open_share, 0)
        dead = np.ascontiguousarray(np.broadcast_to(self._dead, (subjects,)))
        limit = chance(rate[:, None] * state.rate_factor, dead[:, None]) * float(2**32)
        words = tuple(np.uint64(word) for word in streams("spikes").key)
        longest = max(_MOST_DRAWS // (subjects * cells), 1)
        pieces = []
        for begin in range(0, dt, longest):
            steps = min(longest, dt - begin)
            most = int((steps // np.maximum(dead, 1) + 1).sum()) * cells
            spikes = np.empty(most, dtype=np.int64)
            found = _loop()(
                t + begin, steps, *words, cells, state.subject_index, limit, dead, state.since_spike, spikes
            )
            codes = spikes[:found]
            # From the milliseconds of the piece to those of the interval.
            pieces.append(codes + (codes // (steps * cells) * (dt - steps) + begin) * cells)
        return spikes_out(np.concatenate(pieces), t, dt, subjects, cells)

    def invariants(self, state: PoissonState, outputs: Outputs) -> list[Violation]:
        """The time since the last spike is never negative."""
        rows = np.flatnonzero((state.since_spike < 0).any(axis=1))
        return [Violation("neurons.since_spike", int(row), "is negative") for row in rows]


@lru_cache(maxsize=1)
def _loop() -> Any:
    """Return the compiled loop, or the plain one where numba is missing."""
    try:
        from knuffel.body.neurons.poisson import kernel
    except ImportError:
        return advance_cells
    return kernel.advance_cells
