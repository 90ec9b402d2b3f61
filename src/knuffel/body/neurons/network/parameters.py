"""Settings, parameters and state of the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import Floats, Ints, State, check_numbers, parameter
from knuffel.body.neurons.network.topology import DENDRITES, TOPOLOGIES
from knuffel.body.neurons.ports import check_cells
from knuffel.engine.random import SEED_LIMIT
from knuffel.errors import ParameterError, nearest

__all__ = ["INTEGRATORS", "DendriticParameters", "NetworkParameters", "NetworkSettings", "NetworkState"]

INTEGRATORS = ("euler", "exp")
"""How linear terms decay over one ms: 1 - 1/tau, as in the published engine, or exp(-1/tau)."""

_NEURONS_PER_BUNDLE = 4
"""With two dendrites each: eight dendrites in a bundle, as in the published network."""


@dataclass(frozen=True)
class NetworkSettings:
    """The structure of the network.

    ``cells`` neurons of each subject; ``bundles`` of dendrites (0: one for four neurons); ``topology`` one of
    `TOPOLOGIES`, drawn with ``topology_seed``; ``graph``: the two bundles of every neuron, given instead of a topology;
    ``integrator`` one of `INTEGRATORS`; ``store_ceiling``: the dendritic store stops at its limit;
    ``insensitive_cells``: neurons that oxytocin does not excite, counted from 0.
    """

    cells: int = 48
    bundles: int = 0
    topology: str = "random"
    topology_seed: int = 1
    graph: tuple[tuple[int, int], ...] = ()
    integrator: str = "euler"
    store_ceiling: bool = False
    insensitive_cells: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check_cells(self.cells)
        for name, allowed in (("topology", TOPOLOGIES), ("integrator", INTEGRATORS)):
            given = getattr(self, name)
            if given not in allowed:
                guess = nearest(str(given), allowed)
                hint = f" (did you mean {guess!r}?)" if guess else ""
                raise ParameterError(f"neurons: {name} is {given!r}; it has to be one of {', '.join(allowed)}{hint}")
        if self.bundles != 0 and self.bundles < DENDRITES:
            raise ParameterError(
                f"neurons: bundles is {self.bundles}; it has to be at least {DENDRITES}, or 0 for one in four neurons"
            )
        if not 0 <= self.topology_seed < SEED_LIMIT:
            raise ParameterError(f"neurons: topology_seed {self.topology_seed} is outside 0 … {SEED_LIMIT - 1}")

    @property
    def bundle_count(self) -> int:
        """How many bundles there are."""
        if self.bundles:
            return self.bundles
        if len(self.graph):
            return int(max(max(pair) for pair in self.graph)) + 1
        fewest = DENDRITES * (2 if self.topology == "two_nuclei" else 1)
        return max(self.cells // _NEURONS_PER_BUNDLE, fewest)


@dataclass(frozen=True)
class DendriticParameters:
    """What neurons of a network have in common, whatever their membrane: input, dendrites, what opens and closes them.

    Fields are numbers, or arrays of shape (subject,). Raises `ParameterError` when impossible.
    """

    psp_rate: Any = parameter(
        "neurons.psp_rate", "Hz", "excitatory PSPs of a neuron, half of them through each dendrite"
    )
    inhibition_ratio: Any = parameter("neurons.inhibition_ratio", "1", "inhibitory PSPs for each excitatory one")
    mu_opioid_inhibition: Any = parameter(
        "neurons.mu_opioid_inhibition", "1", "share of the excitatory input that full mu-opioid occupancy takes away",
        at_most=1,
    )  # fmt: skip
    mu_opioid_dendritic_inhibition: Any = parameter(
        "neurons.mu_opioid_dendritic_inhibition", "1",
        "share of the dendritic release that full mu-opioid occupancy takes away", at_most=1,
    )  # fmt: skip
    resting_potential: Any = parameter("neurons.resting_potential", "mV", "potential without input", signed=True)
    threshold: Any = parameter("neurons.threshold", "mV", "threshold long after a spike", signed=True)
    hap_size: Any = parameter("neurons.hap_size", "mV", "rise of the threshold right after a spike")
    priming_rate: Any = parameter(
        "neurons.priming_rate", "1/s", "store units that become releasable in a second under full suckling"
    )
    dendritic_store_time_constant: Any = parameter(
        "neurons.dendritic_store_time_constant", "ms", "time constant of the dendritic store", at_least=1
    )
    dendritic_store_limit: Any = parameter(
        "neurons.dendritic_store_limit", "1", "ceiling of the dendritic store, where it has one", positive=True
    )
    dendritic_release_fraction: Any = parameter(
        "neurons.dendritic_release_fraction", "1", "share of the store that a spike releases", positive=True, at_most=1,
    )  # fmt: skip
    dendritic_release_interval: Any = parameter(
        "neurons.dendritic_release_interval", "ms", "only spikes that end a shorter interval release"
    )
    dendritic_release_delay: Any = parameter(
        "neurons.dendritic_release_delay", "ms", "time that passes between spike and release"
    )
    oxytocin_excitation: Any = parameter(
        "neurons.oxytocin_excitation", "mV", "fall of the threshold for one unit released in both bundles"
    )
    oxytocin_excitation_limit: Any = parameter(
        "neurons.oxytocin_excitation_limit", "mV", "largest fall of the threshold through oxytocin"
    )
    local_oxytocin_time_constant: Any = parameter(
        "neurons.local_oxytocin_time_constant", "ms", "time constant of that fall", at_least=1
    )
    endocannabinoid_step: Any = parameter(
        "neurons.endocannabinoid_step", "1", "endocannabinoid made with one unit of released oxytocin"
    )
    endocannabinoid_time_constant: Any = parameter(
        "neurons.endocannabinoid_time_constant", "ms", "time constant of the endocannabinoid", at_least=1
    )
    endocannabinoid_half_effect: Any = parameter(
        "neurons.endocannabinoid_half_effect", "1", "endocannabinoid with half of the largest effect", positive=True
    )
    endocannabinoid_limit: Any = parameter(
        "neurons.endocannabinoid_limit", "1", "largest fall of both PSP rates", at_most=1
    )
    arousal_inhibition: Any = parameter(
        "neurons.arousal_inhibition", "1", "share of the suckling input that full arousal takes away", at_most=1
    )
    central_oxytocin: Any = parameter(
        "neurons.central_oxytocin", "1/ms", "store units that reach each bundle when oxytocin is given into a ventricle"
    )
    contralateral_weight: Any = parameter(
        "neurons.contralateral_weight", "1", "share of the input of a nucleus that comes from the other side",
        at_most=1,
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_numbers(self)
        threshold, rest = np.broadcast_arrays(self.threshold, self.resting_potential)
        if (threshold <= rest).any():
            raise ParameterError(
                f"neurons.threshold is {np.min(threshold):g} mV; it has to be above neurons.resting_potential, "
                f"{np.max(rest):g} mV"
            )


@dataclass(frozen=True)
class NetworkParameters(DendriticParameters):
    """Numbers of the network; scalars or arrays of shape (subject,). Raises `ParameterError` when impossible."""

    membrane_time_constant: Any = parameter(
        "neurons.membrane_time_constant", "ms", "time constant of the membrane", at_least=1
    )
    excitatory_reversal: Any = parameter(
        "neurons.excitatory_reversal", "mV", "reversal potential of excitatory PSPs", signed=True
    )
    inhibitory_reversal: Any = parameter(
        "neurons.inhibitory_reversal", "mV", "reversal potential of inhibitory PSPs", signed=True
    )
    excitatory_step: Any = parameter(
        "neurons.excitatory_step", "1", "share of the way to its reversal that an excitatory PSP takes", at_most=1
    )
    inhibitory_step: Any = parameter(
        "neurons.inhibitory_step", "1", "share of the way to its reversal that an inhibitory PSP takes", at_most=1
    )
    hap_time_constant: Any = parameter("neurons.hap_time_constant", "ms", "time constant of that rise", positive=True)
    ahp_limit: Any = parameter("neurons.ahp_limit", "mV", "largest rise of the threshold through activity")
    ahp_time_constant: Any = parameter(
        "neurons.ahp_time_constant", "ms", "time constant of the count of spikes behind it", at_least=1
    )
    ahp_half_count: Any = parameter(
        "neurons.ahp_half_count", "1", "count of spikes at which half of it is reached", positive=True
    )


@dataclass
class NetworkState(State):
    """Neurons: arrays of shape (subject, neuron); bundles: arrays of shape (subject, bundle).

    ``potential`` mV; ``spike_count`` leaky count behind the AHP; ``store`` releasable units in each of the two
    dendrites; ``since_spike`` and ``last_interval`` ms, at most 10 000; ``pending`` 1 while the last spike may still
    release; ``threshold_fall`` mV; ``released`` units in the last ms; ``endocannabinoid``; ``subject_index``
    (subject,).
    """

    subject_index: Ints
    potential: Floats
    spike_count: Floats
    store: Floats
    since_spike: npt.NDArray[np.int32]
    last_interval: npt.NDArray[np.int32]
    pending: npt.NDArray[np.int32]
    threshold_fall: Floats
    released: Floats
    endocannabinoid: Floats
