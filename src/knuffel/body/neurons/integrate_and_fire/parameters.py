"""Settings, parameters and state of the integrate-and-fire neuron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import Floats, State, check_numbers, parameter
from knuffel.body.neurons.ports import check_cells
from knuffel.errors import ParameterError

__all__ = ["NeuronParameters", "NeuronSettings", "NeuronState"]


@dataclass(frozen=True)
class NeuronSettings:
    """``cells`` is the number of neurons of each subject; ``decay`` the form of the decay factor (see `equations`).

    ``slow_input`` adds NMDA-like PSPs: independent of the fast ones, or synchronous with the excitatory ones.
    ``dendritic`` lets each cell release oxytocin from its dendrites and answer to it.
    """

    cells: int = 100
    decay: str = "fitted"
    slow_input: str = "off"
    dendritic: bool = False

    def __post_init__(self) -> None:
        check_cells(self.cells)
        for name, words in (("decay", ("fitted", "exact")), ("slow_input", ("off", "independent", "synchronous"))):
            if getattr(self, name) not in words:
                raise ParameterError(f"neurons: {name} is {getattr(self, name)!r}; allowed: {', '.join(words)}")
        if not isinstance(self.dendritic, bool):
            raise ParameterError(f"neurons: dendritic is {self.dendritic!r}; allowed: true, false")


@dataclass(frozen=True)
class NeuronParameters:
    """Membrane and input of one neuron. Fields are numbers, or arrays of shape (subject,)."""

    resting_potential: Any = parameter(
        "neurons.resting_potential", "mV", "potential without input and spikes", signed=True
    )
    threshold: Any = parameter("neurons.threshold", "mV", "potential above which a spike starts", signed=True)
    psp_size: Any = parameter("neurons.psp_size", "mV", "size of one excitatory or inhibitory PSP")
    psp_rate: Any = parameter("neurons.psp_rate", "Hz", "excitatory PSPs at rest")
    inhibition_ratio: Any = parameter("neurons.inhibition_ratio", "1", "inhibitory PSPs for each excitatory one")
    mu_opioid_inhibition: Any = parameter(
        "neurons.mu_opioid_inhibition", "1", "share of excitation that full mu-opioid occupancy takes away", at_most=1
    )
    psp_half_life: Any = parameter("neurons.psp_half_life", "ms", "half-life of a PSP", positive=True)
    hap_size: Any = parameter("neurons.hap_size", "mV", "hyperpolarising afterpotential, step at a spike")
    hap_half_life: Any = parameter("neurons.hap_half_life", "ms", "half-life of the HAP", positive=True)
    ahp_size: Any = parameter("neurons.ahp_size", "mV", "afterhyperpolarisation, step at a spike")
    ahp_half_life: Any = parameter("neurons.ahp_half_life", "ms", "half-life of the AHP", positive=True)
    dap_size: Any = parameter("neurons.dap_size", "mV", "depolarising afterpotential, step at a spike")
    dap_half_life: Any = parameter("neurons.dap_half_life", "ms", "half-life of the DAP", positive=True)
    refractory_period: Any = parameter("neurons.refractory_period", "ms", "shortest interval between two spikes")
    rate_heterogeneity: Any = parameter(
        "neurons.rate_heterogeneity", "1", "standard deviation of the logarithm of the PSP rate over cells"
    )
    shared_fraction: Any = parameter(
        "neurons.shared_fraction", "1", "share of its input that a cell has in common with another", at_most=1
    )
    connections: Any = parameter("neurons.connections", "1", "presynaptic cells of a neuron, of each kind", at_least=1)
    rate_noise_step: Any = parameter("neurons.rate_noise_step", "Hz", "noise on the PSP rate, step of one ms")
    rate_noise_time_constant: Any = parameter(
        "neurons.rate_noise_time_constant", "ms", "time constant of the noise on the PSP rate", positive=True
    )
    slow_psp_size: Any = parameter("neurons.slow_psp_size", "mV", "size of a slow (NMDA-like) input")
    slow_psp_rate: Any = parameter("neurons.slow_psp_rate", "Hz", "slow inputs, when they are independent")
    slow_psp_half_life: Any = parameter("neurons.slow_psp_half_life", "ms", "half-life of a slow input", positive=True)
    priming_rate: Any = parameter("neurons.priming_rate", "1/s", "units that become releasable in a second")
    dendritic_store_start: Any = parameter("neurons.dendritic_store_start", "1", "releasable units at the start")
    dendritic_store_time_constant: Any = parameter(
        "neurons.dendritic_store_time_constant", "ms", "time constant with which the store loses units", positive=True
    )
    dendritic_release_fraction: Any = parameter(
        "neurons.dendritic_release_fraction", "1", "fraction of the store that a spike releases", at_most=1
    )
    dendritic_release_interval: Any = parameter(
        "neurons.dendritic_release_interval", "ms", "only spikes that end a shorter interval release"
    )
    local_oxytocin_time_constant: Any = parameter(
        "neurons.local_oxytocin_time_constant", "ms", "time constant of the local oxytocin", positive=True
    )
    oxytocin_excitation: Any = parameter(
        "neurons.oxytocin_excitation", "mV", "fall of the threshold for one unit of local oxytocin"
    )
    oxytocin_excitation_limit: Any = parameter(
        "neurons.oxytocin_excitation_limit", "mV", "largest fall of the threshold"
    )
    endocannabinoid_step: Any = parameter(
        "neurons.endocannabinoid_step", "1", "endocannabinoid made with one unit of oxytocin"
    )
    endocannabinoid_time_constant: Any = parameter(
        "neurons.endocannabinoid_time_constant", "ms", "time constant of the endocannabinoid", positive=True
    )
    endocannabinoid_half_effect: Any = parameter(
        "neurons.endocannabinoid_half_effect", "1", "endocannabinoid with half of the effect", positive=True
    )
    endocannabinoid_limit: Any = parameter(
        "neurons.endocannabinoid_limit", "1", "largest fall of the PSP rates", at_most=1
    )

    def __post_init__(self) -> None:
        check_numbers(self)


@dataclass
class NeuronState(State):
    """Arrays of shape (subject, neuron): membrane terms in mV, ms since the last spike, share of PSP rate.

    The membrane is float32, or float64 in the loop with options. ``since_spike`` stops counting at 2**16 ms (65 s) in
    float32; only the refractory period and the dendrites read it. What belongs to an option is empty, (subject, 0),
    while the option is off: the slow input (mV), the noise on the rate (1/ms), the dendritic store and the local
    oxytocin (units), the endocannabinoid, and the wiring of the shared input, (subject, presynaptic cell, neuron).
    """

    subject_index: npt.NDArray[np.int64]
    psp: npt.NDArray[np.floating[Any]]
    hap: npt.NDArray[np.floating[Any]]
    ahp: npt.NDArray[np.floating[Any]]
    dap: npt.NDArray[np.floating[Any]]
    since_spike: npt.NDArray[np.floating[Any]]
    rate_factor: Floats
    slow_input: Floats
    rate_noise: Floats
    dendritic_store: Floats
    local_oxytocin: Floats
    endocannabinoid: Floats
    excitatory_wiring: npt.NDArray[np.uint8]
    inhibitory_wiring: npt.NDArray[np.uint8]
