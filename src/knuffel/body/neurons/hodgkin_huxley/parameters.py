"""Settings, parameters and state of the Hodgkin-Huxley neuron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import Floats, State, check_numbers, parameter
from knuffel.body.neurons.ports import check_cells
from knuffel.errors import ParameterError

__all__ = ["HodgkinHuxleyParameters", "HodgkinHuxleySettings", "HodgkinHuxleyState", "Membrane", "steps_per_ms"]

_Cells = npt.NDArray[np.float32]
Membrane = tuple[_Cells, _Cells, _Cells, _Cells, _Cells, _Cells, _Cells, _Cells]
"""The eight variables of the membrane, in the order of `HodgkinHuxleyState`: V, m, h, n, q, Ca, S, armed."""

_ROUNDING = 1e-6
_MOST_STEPS = 1000


@dataclass(frozen=True)
class HodgkinHuxleySettings:
    """``cells`` is the number of neurons of each subject."""

    cells: int = 100

    def __post_init__(self) -> None:
        check_cells(self.cells)


@dataclass(frozen=True)
class HodgkinHuxleyParameters:
    """Channels, synapses and integration of one neuron. Fields are numbers, or arrays of shape (subject,).

    Conductances, currents and capacitance are per area of membrane. The rate constants are those of Traub and Miles,
    with u = V - ``threshold_potential``; ``time_step`` is one number for all subjects.
    """

    membrane_capacitance: Any = parameter(
        "neurons.hh_membrane_capacitance", "uF/cm^2", "capacitance of the membrane", positive=True
    )
    sodium_conductance: Any = parameter(
        "neurons.hh_sodium_conductance", "mS/cm^2", "largest conductance of the sodium channels"
    )
    sodium_reversal: Any = parameter("neurons.hh_sodium_reversal", "mV", "reversal potential of sodium", signed=True)
    potassium_conductance: Any = parameter(
        "neurons.hh_potassium_conductance", "mS/cm^2", "largest conductance of the delayed rectifier"
    )
    potassium_reversal: Any = parameter(
        "neurons.hh_potassium_reversal", "mV", "reversal potential of potassium", signed=True
    )
    leak_conductance: Any = parameter("neurons.hh_leak_conductance", "mS/cm^2", "leak conductance", positive=True)
    leak_reversal: Any = parameter("neurons.hh_leak_reversal", "mV", "reversal potential of the leak", signed=True)
    calcium_conductance: Any = parameter(
        "neurons.hh_calcium_conductance", "mS/cm^2", "largest conductance of the calcium channels"
    )
    calcium_reversal: Any = parameter("neurons.hh_calcium_reversal", "mV", "reversal potential of calcium", signed=True)
    bk_conductance: Any = parameter("neurons.hh_bk_conductance", "mS/cm^2", "largest conductance of the BK channels")
    sk_conductance: Any = parameter("neurons.hh_sk_conductance", "mS/cm^2", "largest conductance of the SK channels")
    threshold_potential: Any = parameter(
        "neurons.hh_threshold_potential", "mV", "potential from which the rate constants are counted", signed=True
    )
    alpha_m_rate: Any = parameter(
        "neurons.hh_alpha_m_rate", "1/(ms*mV)", "rate constant of opening of sodium activation"
    )
    alpha_m_offset: Any = parameter(
        "neurons.hh_alpha_m_offset", "mV", "u at the middle of the rate of opening of sodium activation", signed=True
    )
    alpha_m_slope: Any = parameter(
        "neurons.hh_alpha_m_slope", "mV", "steepness of the rate of opening of sodium activation", positive=True
    )
    beta_m_rate: Any = parameter("neurons.hh_beta_m_rate", "1/(ms*mV)", "rate constant of closing of sodium activation")
    beta_m_offset: Any = parameter(
        "neurons.hh_beta_m_offset", "mV", "u at the middle of the rate of closing of sodium activation", signed=True
    )
    beta_m_slope: Any = parameter(
        "neurons.hh_beta_m_slope", "mV", "steepness of the rate of closing of sodium activation", positive=True
    )
    alpha_h_rate: Any = parameter(
        "neurons.hh_alpha_h_rate", "1/ms", "rate constant of recovery from sodium inactivation"
    )
    alpha_h_offset: Any = parameter(
        "neurons.hh_alpha_h_offset",
        "mV",
        "u at the middle of the rate of recovery from sodium inactivation",
        signed=True,
    )
    alpha_h_slope: Any = parameter(
        "neurons.hh_alpha_h_slope", "mV", "steepness of the rate of recovery from sodium inactivation", positive=True
    )
    beta_h_rate: Any = parameter("neurons.hh_beta_h_rate", "1/ms", "rate constant of sodium inactivation")
    beta_h_offset: Any = parameter(
        "neurons.hh_beta_h_offset", "mV", "u at the middle of the rate of sodium inactivation", signed=True
    )
    beta_h_slope: Any = parameter(
        "neurons.hh_beta_h_slope", "mV", "steepness of the rate of sodium inactivation", positive=True
    )
    alpha_n_rate: Any = parameter(
        "neurons.hh_alpha_n_rate", "1/(ms*mV)", "rate constant of opening of the delayed rectifier"
    )
    alpha_n_offset: Any = parameter(
        "neurons.hh_alpha_n_offset",
        "mV",
        "u at the middle of the rate of opening of the delayed rectifier",
        signed=True,
    )
    alpha_n_slope: Any = parameter(
        "neurons.hh_alpha_n_slope", "mV", "steepness of the rate of opening of the delayed rectifier", positive=True
    )
    beta_n_rate: Any = parameter("neurons.hh_beta_n_rate", "1/ms", "rate constant of closing of the delayed rectifier")
    beta_n_offset: Any = parameter(
        "neurons.hh_beta_n_offset", "mV", "u at the middle of the rate of closing of the delayed rectifier", signed=True
    )
    beta_n_slope: Any = parameter(
        "neurons.hh_beta_n_slope", "mV", "steepness of the rate of closing of the delayed rectifier", positive=True
    )
    calcium_activation_midpoint: Any = parameter(
        "neurons.hh_calcium_activation_midpoint",
        "mV",
        "potential at which half of the calcium gates are open",
        signed=True,
    )
    calcium_activation_slope: Any = parameter(
        "neurons.hh_calcium_activation_slope", "mV", "steepness of calcium activation", positive=True
    )
    bk_activation_midpoint: Any = parameter(
        "neurons.hh_bk_activation_midpoint", "mV", "potential at which half of the BK channels are open", signed=True
    )
    bk_activation_slope: Any = parameter(
        "neurons.hh_bk_activation_slope", "mV", "steepness of BK activation", positive=True
    )
    bk_rise_time: Any = parameter("neurons.hh_bk_rise_time", "ms", "time constant of BK activation", positive=True)
    bk_fall_time: Any = parameter("neurons.hh_bk_fall_time", "ms", "time constant of BK deactivation", positive=True)
    calcium_influx: Any = parameter(
        "neurons.hh_calcium_influx",
        "cm^2/(uA*ms)",
        "calcium (arbitrary unit) for each uA/cm2 of calcium current and ms",
    )
    calcium_time_constant: Any = parameter(
        "neurons.hh_calcium_time_constant", "ms", "time constant of calcium", positive=True
    )
    sk_half_calcium: Any = parameter(
        "neurons.hh_sk_half_calcium", "1", "calcium (arbitrary unit) that opens half of the SK channels", positive=True
    )
    synaptic_current: Any = parameter(
        "neurons.hh_synaptic_current", "uA/cm^2", "step of the synaptic current at one arrival"
    )
    synaptic_time_constant: Any = parameter(
        "neurons.hh_synaptic_time_constant", "ms", "time constant of the synaptic current", positive=True
    )
    applied_current: Any = parameter(
        "neurons.hh_applied_current", "uA/cm^2", "constant current through an electrode", signed=True
    )
    spike_potential: Any = parameter(
        "neurons.hh_spike_potential", "mV", "potential whose upward crossing counts as a spike", signed=True
    )
    rearm_potential: Any = parameter(
        "neurons.hh_rearm_potential", "mV", "potential below which the next spike can be counted", signed=True
    )
    time_step: Any = parameter("neurons.hh_time_step", "ms", "step of the integration", positive=True)
    psp_rate: Any = parameter("neurons.psp_rate", "Hz", "excitatory PSPs at rest")
    inhibition_ratio: Any = parameter("neurons.inhibition_ratio", "1", "inhibitory PSPs for each excitatory one")
    mu_opioid_inhibition: Any = parameter(
        "neurons.mu_opioid_inhibition", "1", "share of excitation that full mu-opioid occupancy takes away", at_most=1
    )
    rate_heterogeneity: Any = parameter(
        "neurons.rate_heterogeneity", "1", "standard deviation of the logarithm of the PSP rate over cells"
    )

    def __post_init__(self) -> None:
        check_numbers(self)
        steps_per_ms(self.time_step)
        if not (np.asarray(self.rearm_potential) < np.asarray(self.spike_potential)).all():
            raise ParameterError(
                f"neurons.hh_rearm_potential is {self.rearm_potential} mV; it has to be below "
                f"neurons.hh_spike_potential ({self.spike_potential} mV)"
            )


def steps_per_ms(time_step: Any) -> int:
    """Return how many steps of ``time_step`` ms make one ms. Raises `ParameterError` unless it is a whole number."""
    size = np.unique(np.asarray(time_step, dtype=np.float64))
    if len(size) != 1:
        raise ParameterError("neurons.hh_time_step differs between subjects; it has to be one number for all")
    steps = round(1 / float(size[0]))
    if not 1 <= steps <= _MOST_STEPS or abs(steps * float(size[0]) - 1) > _ROUNDING:
        nearest = 1 / min(max(steps, 1), _MOST_STEPS)
        raise ParameterError(
            f"neurons.hh_time_step is {float(size[0]):g} ms; a whole number of steps, at most {_MOST_STEPS}, has to "
            f"make 1 ms (nearest: {nearest:.6g} ms)"
        )
    return steps


@dataclass
class HodgkinHuxleyState(State):
    """Arrays of shape (subject, neuron), float32 but for the share of the PSP rate.

    ``potential`` in mV; ``sodium_activation`` (m), ``sodium_inactivation`` (h), ``potassium_activation`` (n) and
    ``bk_activation`` (q) from 0 to 1; ``calcium`` in its arbitrary unit; ``synaptic_current`` (excitatory minus
    inhibitory) in uA/cm2; ``armed`` 1 when the next upward crossing counts as a spike, else 0.
    """

    subject_index: npt.NDArray[np.int64]
    potential: _Cells
    sodium_activation: _Cells
    sodium_inactivation: _Cells
    potassium_activation: _Cells
    bk_activation: _Cells
    calcium: _Cells
    synaptic_current: _Cells
    armed: _Cells
    rate_factor: Floats

    def lanes(self) -> Membrane:
        """Return the variables of the membrane as flat views."""
        return (
            self.potential.reshape(-1),
            self.sodium_activation.reshape(-1),
            self.sodium_inactivation.reshape(-1),
            self.potassium_activation.reshape(-1),
            self.bk_activation.reshape(-1),
            self.calcium.reshape(-1),
            self.synaptic_current.reshape(-1),
            self.armed.reshape(-1),
        )
