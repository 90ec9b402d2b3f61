"""Settings, parameters and state of the phasic vasopressin neuron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import Floats, State, check_numbers, parameter
from knuffel.body.neurons.ports import check_cells

__all__ = ["VasopressinParameters", "VasopressinSettings", "VasopressinState"]


@dataclass(frozen=True)
class VasopressinSettings:
    """``cells`` is the number of neurons of each subject."""

    cells: int = 100

    def __post_init__(self) -> None:
        check_cells(self.cells)


@dataclass(frozen=True)
class VasopressinParameters:
    """Membrane, input, calcium, dynorphin and potassium leak. Fields are numbers, or arrays of shape (subject,).

    Half-lives are at least 1 ms, the step. The spreads are standard deviations of the logarithm over cells.
    """

    resting_potential: Any = parameter(
        "neurons.resting_potential", "mV", "potential without input, spikes and leak", signed=True
    )
    threshold: Any = parameter("neurons.threshold", "mV", "potential above which a spike starts", signed=True)
    psp_size: Any = parameter("neurons.psp_size", "mV", "size of one excitatory or inhibitory PSP")
    psp_rate: Any = parameter("neurons.psp_rate", "Hz", "excitatory PSPs at rest")
    inhibition_ratio: Any = parameter("neurons.inhibition_ratio", "1", "inhibitory PSPs for each excitatory one")
    mu_opioid_inhibition: Any = parameter(
        "neurons.mu_opioid_inhibition", "1", "share of excitation that full mu-opioid occupancy takes away", at_most=1
    )
    psp_half_life: Any = parameter("neurons.psp_half_life", "ms", "half-life of a PSP", at_least=1)
    hap_size: Any = parameter("neurons.hap_size", "mV", "hyperpolarising afterpotential, step at a spike")
    hap_half_life: Any = parameter("neurons.hap_half_life", "ms", "half-life of the HAP", at_least=1)
    ahp_size: Any = parameter("neurons.ahp_size", "mV", "afterhyperpolarisation, step at a spike")
    ahp_half_life: Any = parameter("neurons.ahp_half_life", "ms", "half-life of the AHP", at_least=1)
    slow_ahp_size: Any = parameter("neurons.slow_ahp_size", "mV", "second afterhyperpolarisation, step at a spike")
    slow_ahp_half_life: Any = parameter("neurons.slow_ahp_half_life", "ms", "half-life of the second AHP", at_least=1)
    dap_size: Any = parameter("neurons.dap_size", "mV", "depolarising afterpotential, step at a spike")
    dap_half_life: Any = parameter("neurons.dap_half_life", "ms", "half-life of the DAP", at_least=1)
    refractory_period: Any = parameter("neurons.refractory_period", "ms", "shortest interval between two spikes")
    calcium_step: Any = parameter("neurons.calcium_step", "1", "calcium added by a spike")
    calcium_half_life: Any = parameter("neurons.calcium_half_life", "ms", "half-life of calcium above rest", at_least=1)
    dynorphin_step: Any = parameter("neurons.dynorphin_step", "1", "dynorphin added by a spike")
    dynorphin_half_life: Any = parameter("neurons.dynorphin_half_life", "ms", "half-life of dynorphin", at_least=1)
    potassium_leak: Any = parameter("neurons.potassium_leak", "mV", "hyperpolarisation by the leak at rest")
    potassium_leak_slope: Any = parameter(
        "neurons.potassium_leak_slope", "1", "calcium that turns the leak down", positive=True
    )
    rate_heterogeneity: Any = parameter("neurons.rate_heterogeneity", "1", "spread of the PSP rate")
    calcium_step_spread: Any = parameter("neurons.calcium_step_spread", "1", "spread of the calcium step")
    potassium_leak_spread: Any = parameter("neurons.potassium_leak_spread", "1", "spread of the leak")
    dynorphin_half_life_spread: Any = parameter(
        "neurons.dynorphin_half_life_spread", "1", "spread of the half-life of dynorphin"
    )

    def __post_init__(self) -> None:
        check_numbers(self)


@dataclass
class VasopressinState(State):
    """Arrays of shape (subject, neuron): membrane terms (mV), calcium above rest, dynorphin, ms since the last spike.

    The last four make cells differ: factor on the PSP rate, calcium step, leak (mV), half-life of dynorphin (ms).
    """

    subject_index: npt.NDArray[np.int64]
    psp: Floats
    hap: Floats
    ahp: Floats
    slow_ahp: Floats
    dap: Floats
    calcium: Floats
    dynorphin: Floats
    since_spike: Floats
    rate_factor: Floats
    calcium_step: Floats
    potassium_leak: Floats
    dynorphin_half_life: Floats
