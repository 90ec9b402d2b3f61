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
    """``cells`` is the number of neurons of each subject; ``decay`` the form of the decay factor (see `equations`)."""

    cells: int = 100
    decay: str = "fitted"

    def __post_init__(self) -> None:
        check_cells(self.cells)
        if self.decay not in ("fitted", "exact"):
            raise ParameterError(f"neurons: decay is {self.decay!r}; allowed: fitted, exact")


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

    def __post_init__(self) -> None:
        check_numbers(self)


@dataclass
class NeuronState(State):
    """Arrays of shape (subject, neuron): membrane terms in mV (float32), ms since the last spike, share of PSP rate.

    ``since_spike`` stops counting at 2**24 ms (4.7 h), where float32 ends; only the refractory period reads it.
    """

    subject_index: npt.NDArray[np.int64]
    psp: npt.NDArray[np.float32]
    hap: npt.NDArray[np.float32]
    ahp: npt.NDArray[np.float32]
    dap: npt.NDArray[np.float32]
    since_spike: npt.NDArray[np.float32]
    rate_factor: Floats
