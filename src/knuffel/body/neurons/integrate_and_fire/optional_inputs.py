"""Options of the integrate-and-fire neuron: which of them are on, what they need, and the call of their loop."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import Floats, RandomStreams
from knuffel.errors import Notice, ParameterError

__all__ = ["OptionalInputs"]

_NOISE_REACH = 7  # standard deviations beyond which noise on the rate is never seen
_MOST_PRESYNAPTIC = 100
"""Pool of presynaptic cells at most, in multiples of the connections of one neuron."""

_MODES = ("off", "independent", "synchronous")
_EXTRA = ("slow_input", "rate_noise", "dendritic_store", "local_oxytocin", "endocannabinoid")


@dataclass(frozen=True)
class OptionalInputs:
    """What is on. ``slow`` is the place in `_MODES`; ``pool`` the number of presynaptic cells of either kind (0: none).

    ``parameters`` and ``settings`` are those of the neuron.
    """

    parameters: Any
    settings: Any
    slow: int
    noise: bool
    dendrites: bool
    pool: int

    @classmethod
    def of(cls, parameters: Any, settings: Any) -> OptionalInputs:
        """Return the options; a size, rate or fraction of zero is off. Raises `ParameterError`."""
        p, slow = parameters, _MODES.index(settings.slow_input)
        if not np.any(p.slow_psp_size) or (slow == 1 and not np.any(p.slow_psp_rate)):
            slow = 0
        pool = _pool(p)
        on = (np.asarray(p.rate_noise_step) > 0) | ((np.asarray(p.slow_psp_size) > 0) & (slow > 0))
        if np.any(on) and not np.all(on) and not settings.dendritic and not pool:
            # The loop with options has its own draws: one subject must not decide for the others.
            raise ParameterError(
                "neurons.rate_noise_step and neurons.slow_psp_size are 0 in some subjects only: "
                "options have to be on in all or in none"
            )
        return cls(p, settings, slow, bool(np.any(p.rate_noise_step)), settings.dendritic, pool)

    @property
    def any(self) -> bool:
        """Whether the loop with options is needed."""
        return bool(self.slow or self.noise or self.dendrites or self.pool)

    def notices(self) -> list[Notice]:
        """Return what is asked for without effect, and which mechanism is our own assumption."""
        found = []
        if not self.slow and (self.settings.slow_input != "off" or np.any(self.parameters.slow_psp_size)):
            text = "slow input is off: it needs the setting slow_input, a size, and a rate when it is independent"
            found.append(Notice("slow_input", text, "neurons"))
        if self.dendrites:
            text = (
                "a cell that answers to its own dendritic oxytocin is our assumption, with numbers of a network model"
            )
            found.append(Notice("dendritic", text, "neurons"))
        return found

    def constants(self) -> Floats:
        """Return the table of constants of the loop, float64 (row, subject), or (row, 1) when subjects do not differ.

        Its first ten rows are those of the plain loop.
        """
        from knuffel.body.neurons.integrate_and_fire.equations import decay_factor

        p = self.parameters

        def left(half_life: Any) -> Any:
            return decay_factor(half_life, self.settings.decay)

        def after(time_constant: Any) -> Any:
            return left(np.asarray(time_constant) * math.log(2))

        rows = [left(value) for value in (p.psp_half_life, p.hap_half_life, p.ahp_half_life, p.dap_half_life)]
        rows += [p.psp_size, p.threshold - p.resting_potential, p.hap_size, p.ahp_size, p.dap_size, p.refractory_period]
        rows += [left(p.slow_psp_half_life), p.slow_psp_size, p.slow_psp_rate / 1000]
        rows += [after(p.rate_noise_time_constant), p.rate_noise_step / 1000, p.inhibition_ratio]
        rows += [after(p.dendritic_store_time_constant), p.priming_rate / 1000]
        rows += [p.dendritic_release_fraction, p.dendritic_release_interval]
        rows += [after(p.local_oxytocin_time_constant), p.oxytocin_excitation, p.oxytocin_excitation_limit]
        rows += [after(p.endocannabinoid_time_constant), p.endocannabinoid_step]
        half = np.asarray(p.endocannabinoid_half_effect, dtype=np.float64)
        rows += [half * half * half * half, p.endocannabinoid_limit]
        whole = [np.atleast_1d(np.asarray(row, dtype=np.float64)) for row in rows]
        return np.stack(np.broadcast_arrays(*whole))

    def arrays(self, index: npt.NDArray[np.int64], factors: Floats, streams: RandomStreams) -> dict[str, Any]:
        """Return the state arrays of the options by name; those of an option that is off are empty.

        ``index`` is the place of each subject in the cohort, ``factors`` (subject, cell) the cells' shares of the rate.
        """
        shape, empty = factors.shape, (len(index), 0)
        on = {"slow_input": self.slow, "rate_noise": self.noise}
        found: dict[str, Any] = {name: np.zeros(shape if on.get(name, self.dendrites) else empty) for name in _EXTRA}
        found["dendritic_store"] += np.asarray(self.parameters.dendritic_store_start, dtype=np.float64).reshape(-1, 1)
        linked, stream = self._linked(factors), streams("wiring")
        for side, name in enumerate(("excitatory_wiring", "inhibitory_wiring")):
            found[name] = np.zeros((shape[0], self.pool, shape[1]), dtype=np.uint8)
            for who in range(shape[0] if self.pool else 0):
                found[name][who] = _wiring(self.pool, linked[who], side, int(index[who]), stream)
        return found

    def _linked(self, factors: Floats) -> npt.NDArray[np.int64]:
        """Return how many presynaptic cells of the pool a neuron is connected with, (subject, cell)."""
        wanted: npt.NDArray[np.int64] = np.floor(np.max(self.parameters.connections) * factors).astype(np.int64)
        return np.minimum(wanted, self.pool, dtype=np.int64)

    def mover(
        self, state: Any, expected: tuple[Floats, Floats], constants: Floats, streams: RandomStreams
    ) -> Callable[[int, int], npt.NDArray[np.int64]]:
        """Return the loop that moves every cell from ``t`` over ``steps`` ms and returns the spikes, coded.

        ``expected`` excitatory and inhibitory PSPs per ms of a cell with share 1, each (subject,). Raises
        `ParameterError` when there are too many to draw.
        """
        from knuffel.body.neurons.draws import MOST_ARRIVALS
        from knuffel.body.neurons.integrate_and_fire.optional_inputs_kernel import loop

        connections = np.max(self.parameters.connections)
        share = self._linked(state.rate_factor) / connections
        rates = tuple(rate[:, None] * state.rate_factor for rate in expected)
        shares = tuple(rate[:, None] * share for rate in expected)
        pools = np.stack(expected) * (self.pool / connections)
        p = self.parameters
        noise = np.max(p.rate_noise_step * np.sqrt(p.rate_noise_time_constant / 2)) / 1000  # a standard deviation
        most = max(float(np.max(array)) for array in (pools, *rates)) + _NOISE_REACH * float(noise)
        if most > MOST_ARRIVALS:
            raise ParameterError(
                f"neurons.psp_rate: {most:g} arrivals per ms; with options of the neuron at most {MOST_ARRIVALS} can "
                "be drawn: lower the rate or the gain, or raise neurons.shared_fraction"
            )
        words = [np.uint64(word) for name in ("single input", "presynaptic cells") for word in streams(name).key]
        membrane = (state.psp, state.hap, state.ahp, state.dap, state.since_spike)
        extra = tuple(getattr(state, name) for name in _EXTRA)
        given = (state.subject_index, membrane, extra, (state.excitatory_wiring, state.inhibitory_wiring))
        options = (self.slow, int(self.noise), int(self.dendrites))

        def move(t: int, steps: int) -> npt.NDArray[np.int64]:
            spikes: npt.NDArray[np.int64] = loop()(t, steps, *words, *given, rates, shares, pools, constants, options)
            return spikes

        return move


def _pool(p: Any) -> int:
    """Return the number of presynaptic cells of either kind of which every two neurons share the wanted fraction."""
    for name in ("shared_fraction", "connections"):
        if np.ptp(getattr(p, name)) > 0:
            raise ParameterError(f"neurons.{name} differs between subjects; it has to be equal in all")
    shared, connections = float(np.max(p.shared_fraction)), float(np.max(p.connections))
    if connections != round(connections):
        raise ParameterError(f"neurons.connections is {connections:g}; it has to be a whole number")
    if shared == 0:
        return 0
    if shared * _MOST_PRESYNAPTIC < 1:
        raise ParameterError(
            f"neurons.shared_fraction is {shared:g}; it has to be 0, or between {1 / _MOST_PRESYNAPTIC:g} and 1"
        )
    return round(connections / shared)


def _wiring(pool: int, linked: npt.NDArray[np.int64], side: int, subject: int, stream: Any) -> npt.NDArray[np.uint8]:
    """Return 1 where a presynaptic cell reaches a neuron, (presynaptic cell, neuron): for each neuron distinct cells.

    Each neuron takes the presynaptic cells with its lowest random words, so that its wiring depends on nothing else.
    """
    neurons = np.arange(len(linked))
    words = stream.words(np.arange(pool)[:, None], draw=side, neuron=neurons[None, :], subject=subject & 0xFFFFFFFF)[0]
    order = np.argsort(words, axis=0, kind="stable")
    wiring = np.zeros((pool, len(linked)), dtype=np.uint8)
    np.put_along_axis(wiring, order, (np.arange(pool)[:, None] < linked[None, :]).astype(np.uint8), axis=0)
    return wiring
