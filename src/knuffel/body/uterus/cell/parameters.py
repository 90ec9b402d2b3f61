"""Parameters of the uterine cell, from the evidence: scalars (numbers, or one for each cell) and rows of numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import check_numbers, parameter
from knuffel.body.uterus.cell.layout import PACKED, ROWS, SCALARS
from knuffel.errors import ParameterError

__all__ = ["MODELS", "UterineCellParameters", "packed"]

MODELS: dict[str, tuple[str, ...]] = {
    "tong2011": (),
    "tong2014": ("tong2014",),
    "means2023": ("means2023",),
    "roesler2024": ("roesler2024",),
}
"""Name of a model -> the parameter sets that make it of the defaults."""


@dataclass(frozen=True)
class UterineCellParameters:
    """One cell or many: a scalar is a number or an array of shape (cell,), a row holds for all cells.

    Defaults are those of Tong et al. 2011 (DOI 10.1371/journal.pone.0018685), `tong2011`; sets make the others.
    Concentrations in mM, potentials in mV, conductances in nS/pF (mS/uF), currents in pA/pF, times in ms, force in uN.
    """

    gas_constant: Any = parameter("uterus.cell_gas_constant", "1", "gas constant, J/(kmol K)", positive=True)
    temperature: Any = parameter("uterus.cell_temperature", "K", "temperature", positive=True)
    faraday_constant: Any = parameter("uterus.cell_faraday_constant", "1", "Faraday constant, C/mol", positive=True)
    internal_potassium: Any = parameter(
        "uterus.cell_internal_potassium", "mmol/L", "potassium in the cell", positive=True
    )
    internal_sodium: Any = parameter("uterus.cell_internal_sodium", "mmol/L", "sodium in the cell", positive=True)
    internal_chloride: Any = parameter("uterus.cell_internal_chloride", "mmol/L", "chloride in the cell", positive=True)
    external_potassium: Any = parameter("uterus.cell_external_potassium", "mmol/L", "potassium outside", positive=True)
    external_sodium: Any = parameter("uterus.cell_external_sodium", "mmol/L", "sodium outside", positive=True)
    external_chloride: Any = parameter("uterus.cell_external_chloride", "mmol/L", "chloride outside", positive=True)
    external_calcium: Any = parameter("uterus.cell_external_calcium", "mmol/L", "calcium outside", positive=True)
    external_magnesium: Any = parameter("uterus.cell_external_magnesium", "mmol/L", "magnesium outside", positive=True)
    capacitance: Any = parameter("uterus.cell_capacitance", "uF/cm^2", "capacitance of the membrane", positive=True)
    area_to_volume: Any = parameter(
        "uterus.cell_area_to_volume", "1", "membrane area over cell volume, cm2/uL", positive=True
    )
    calcium_buffering: Any = parameter(
        "uterus.cell_calcium_buffering", "1", "free share of calcium that enters", positive=True
    )
    l_type_reversal: Any = parameter(
        "uterus.cell_l_type_reversal", "mV", "reversal potential of L-type calcium current", signed=True
    )
    t_type_reversal: Any = parameter(
        "uterus.cell_t_type_reversal", "mV", "reversal potential of T-type calcium current", signed=True
    )
    h_permeability: Any = parameter(
        "uterus.cell_h_permeability", "1", "sodium over potassium permeability of the h channels"
    )
    sodium_conductance: Any = parameter(
        "uterus.cell_sodium_conductance", "mS/uF", "largest conductance of sodium channels"
    )
    l_type_conductance: Any = parameter(
        "uterus.cell_l_type_conductance", "mS/uF", "largest conductance of L-type calcium channels"
    )
    t_type_conductance: Any = parameter(
        "uterus.cell_t_type_conductance", "mS/uF", "largest conductance of T-type calcium channels"
    )
    background_conductance: Any = parameter(
        "uterus.cell_background_conductance", "mS/uF", "largest conductance of background potassium channels"
    )
    k1_conductance: Any = parameter(
        "uterus.cell_k1_conductance",
        "mS/uF",
        "largest conductance of K1 potassium (Kv4.3 in the nine-state models) channels",
    )
    k2_conductance: Any = parameter(
        "uterus.cell_k2_conductance", "mS/uF", "largest conductance of K2 potassium channels"
    )
    a_type_conductance: Any = parameter(
        "uterus.cell_a_type_conductance", "mS/uF", "largest conductance of A-type potassium channels"
    )
    bk_conductance: Any = parameter(
        "uterus.cell_bk_conductance", "mS/uF", "largest conductance of BK potassium (scales both kinds) channels"
    )
    bk_alpha_fraction: Any = parameter("uterus.cell_bk_alpha_fraction", "1", "share of BK alpha channels")
    bk_beta_fraction: Any = parameter("uterus.cell_bk_beta_fraction", "1", "share of BK alpha-beta1 channels")
    chloride_conductance: Any = parameter(
        "uterus.cell_chloride_conductance", "mS/uF", "largest conductance of calcium-activated chloride channels"
    )
    h_conductance: Any = parameter("uterus.cell_h_conductance", "mS/uF", "largest conductance of h channels")
    nonselective_conductance: Any = parameter(
        "uterus.cell_nonselective_conductance", "mS/uF", "largest conductance of non-selective cation channels"
    )
    nonselective_calcium: Any = parameter(
        "uterus.cell_nonselective_calcium", "1", "relative conductance of non-selective channels for calcium"
    )
    nonselective_sodium: Any = parameter(
        "uterus.cell_nonselective_sodium", "1", "relative conductance of non-selective channels for sodium"
    )
    nonselective_potassium: Any = parameter(
        "uterus.cell_nonselective_potassium", "1", "relative conductance of non-selective channels for potassium"
    )
    pump_current: Any = parameter(
        "uterus.cell_pump_current", "A/F", "largest current of the sodium-potassium pump, pA/pF"
    )
    exchanger_rate: Any = parameter("uterus.cell_exchanger_rate", "mmol/L/ms", "rate of the sodium-calcium exchanger")
    calcium_pump_rate: Any = parameter(
        "uterus.cell_calcium_pump_rate", "mmol/L/ms", "rate of the calcium pump of the membrane"
    )
    herg_conductance: Any = parameter("uterus.cell_herg_conductance", "mS/uF", "largest conductance of hERG channels")
    kcnq1_conductance: Any = parameter(
        "uterus.cell_kcnq1_conductance", "mS/uF", "largest conductance of KCNQ1 channels"
    )
    kcnq4_conductance: Any = parameter(
        "uterus.cell_kcnq4_conductance", "mS/uF", "largest conductance of KCNQ4 channels"
    )
    kcnq5_conductance: Any = parameter(
        "uterus.cell_kcnq5_conductance", "mS/uF", "largest conductance of KCNQ5 channels"
    )
    exchanger_current: Any = parameter(
        "uterus.cell_exchanger_current",
        "1",
        "share of the current of the exchanger that reaches the membrane",
        at_most=1,
    )
    instantaneous_gates: Any = parameter(
        "uterus.cell_instantaneous_gates", "1", "fast gates at their steady state at once (1) or not (0)", at_most=1
    )
    oestradiol_factor: Any = parameter(
        "uterus.cell_oestradiol_factor", "1", "oestradiol over its largest level", positive=True
    )
    progesterone_factor: Any = parameter(
        "uterus.cell_progesterone_factor", "1", "progesterone over its largest level", positive=True
    )
    largest_force: Any = parameter("uterus.cell_largest_force", "1", "force at w = 1 above w = 0, uN")
    force_offset: Any = parameter("uterus.cell_force_offset", "1", "w at which force counts as zero")
    half_calcium: Any = parameter("uterus.cell_half_calcium", "mmol/L", "calcium of half the force", positive=True)
    force_exponent: Any = parameter(
        "uterus.cell_force_exponent", "1", "steepness of force against calcium", positive=True
    )
    messenger_time: Any = parameter("uterus.cell_messenger_time", "ms", "time constant of the messenger", positive=True)
    store_time: Any = parameter("uterus.cell_store_time", "ms", "time constant of filling of the store", positive=True)
    release_rate: Any = parameter("uterus.cell_release_rate", "1/ms", "rate of emptying of the store at full messenger")
    largest_release: Any = parameter(
        "uterus.cell_largest_release", "mmol/L/ms", "release of calcium from the full store"
    )
    nonselective_gain: Any = parameter(
        "uterus.cell_nonselective_gain", "1", "rise of non-selective conductance at full effect"
    )
    potassium_inhibition: Any = parameter(
        "uterus.cell_potassium_inhibition", "1", "share of K1 and BK conductance taken away at full effect"
    )
    sensitisation: Any = parameter(
        "uterus.cell_sensitisation", "1", "share by which the calcium of half the force falls at full effect"
    )
    chloride_gain: Any = parameter("uterus.cell_chloride_gain", "1", "rise of chloride conductance at full effect")
    l_type_gain: Any = parameter("uterus.cell_l_type_gain", "1", "rise of L-type conductance at full effect")
    spike_potential: Any = parameter(
        "uterus.cell_spike_potential", "mV", "potential whose upward crossing counts as a spike", signed=True
    )
    gate_m: Any = parameter("uterus.cell_gate_m", "1", "gate m: a row of numbers", signed=True)
    gate_h: Any = parameter("uterus.cell_gate_h", "1", "gate h: a row of numbers", signed=True)
    gate_d: Any = parameter("uterus.cell_gate_d", "1", "gate d: a row of numbers", signed=True)
    gate_f1: Any = parameter("uterus.cell_gate_f1", "1", "gate f1: a row of numbers", signed=True)
    gate_f2: Any = parameter("uterus.cell_gate_f2", "1", "gate f2: a row of numbers", signed=True)
    gate_b: Any = parameter("uterus.cell_gate_b", "1", "gate b: a row of numbers", signed=True)
    gate_g: Any = parameter("uterus.cell_gate_g", "1", "gate g: a row of numbers", signed=True)
    gate_q: Any = parameter("uterus.cell_gate_q", "1", "gate q: a row of numbers", signed=True)
    gate_r1: Any = parameter("uterus.cell_gate_r1", "1", "gate r1: a row of numbers", signed=True)
    gate_r2: Any = parameter("uterus.cell_gate_r2", "1", "gate r2: a row of numbers", signed=True)
    gate_p: Any = parameter("uterus.cell_gate_p", "1", "gate p: a row of numbers", signed=True)
    gate_k1: Any = parameter("uterus.cell_gate_k1", "1", "gate k1: a row of numbers", signed=True)
    gate_k2: Any = parameter("uterus.cell_gate_k2", "1", "gate k2: a row of numbers", signed=True)
    gate_s: Any = parameter("uterus.cell_gate_s", "1", "gate s: a row of numbers", signed=True)
    gate_x: Any = parameter("uterus.cell_gate_x", "1", "gate x: a row of numbers", signed=True)
    gate_xa: Any = parameter("uterus.cell_gate_xa", "1", "gate xa: a row of numbers", signed=True)
    gate_xab: Any = parameter("uterus.cell_gate_xab", "1", "gate xab: a row of numbers", signed=True)
    gate_y: Any = parameter("uterus.cell_gate_y", "1", "gate y: a row of numbers", signed=True)
    gate_c: Any = parameter("uterus.cell_gate_c", "1", "gate c: a row of numbers", signed=True)
    gate_herg_n1: Any = parameter("uterus.cell_gate_herg_n1", "1", "gate hn1: a row of numbers", signed=True)
    gate_herg_n2: Any = parameter("uterus.cell_gate_herg_n2", "1", "gate hn2: a row of numbers", signed=True)
    gate_herg_s: Any = parameter("uterus.cell_gate_herg_s", "1", "gate hs: a row of numbers", signed=True)
    gate_kcnq1_nf: Any = parameter("uterus.cell_gate_kcnq1_nf", "1", "gate KCNQ1 nf: a row of numbers", signed=True)
    gate_kcnq1_ns: Any = parameter("uterus.cell_gate_kcnq1_ns", "1", "gate KCNQ1 ns: a row of numbers", signed=True)
    gate_kcnq_w: Any = parameter("uterus.cell_gate_kcnq_w", "1", "gate KCNQ1 w, KCNQ5 w: a row of numbers", signed=True)
    gate_kcnq1_s: Any = parameter("uterus.cell_gate_kcnq1_s", "1", "gate KCNQ1 s: a row of numbers", signed=True)
    gate_kcnq4_n: Any = parameter("uterus.cell_gate_kcnq4_n", "1", "gate KCNQ4 n: a row of numbers", signed=True)
    gate_kcnq_s: Any = parameter("uterus.cell_gate_kcnq_s", "1", "gate KCNQ4 s, KCNQ5 s: a row of numbers", signed=True)
    gate_kcnq5_nf: Any = parameter("uterus.cell_gate_kcnq5_nf", "1", "gate KCNQ5 nf: a row of numbers", signed=True)
    gate_kcnq5_ns: Any = parameter("uterus.cell_gate_kcnq5_ns", "1", "gate KCNQ5 ns: a row of numbers", signed=True)
    weights: Any = parameter("uterus.cell_weights", "1", "weights: a row of numbers", signed=True)
    calcium_inactivation: Any = parameter(
        "uterus.cell_calcium_inactivation", "1", "calcium inactivation: a row of numbers", signed=True
    )
    nonselective: Any = parameter("uterus.cell_nonselective", "1", "nonselective: a row of numbers", signed=True)
    sodium_pump: Any = parameter("uterus.cell_sodium_pump", "1", "sodium pump: a row of numbers", signed=True)
    exchanger: Any = parameter("uterus.cell_exchanger", "1", "exchanger: a row of numbers", signed=True)
    calcium_pump: Any = parameter("uterus.cell_calcium_pump", "1", "calcium pump: a row of numbers", signed=True)
    force_time: Any = parameter("uterus.cell_force_time", "1", "force time: a row of numbers", signed=True)
    start: Any = parameter("uterus.cell_start", "1", "start: a row of numbers", signed=True)

    def __post_init__(self) -> None:
        check_numbers(self)
        for name, length in ROWS.items():
            if np.shape(getattr(self, name)) != (length,):
                raise ParameterError(
                    f"uterus.cell_{name} needs {length} numbers, found {np.shape(getattr(self, name))}"
                )


def packed(parameters: UterineCellParameters, cells: int | None = None) -> npt.NDArray[np.float64]:
    """Return the numbers of every cell in a row, (cell, `PACKED`): scalars, then rows, in the order of `layout`.

    ``cells`` is needed when no scalar is an array. Raises `ParameterError` for scalars that do not fit together.
    """
    scalars = [np.asarray(getattr(parameters, name), dtype=np.float64) for name in SCALARS]
    try:
        (count,) = np.broadcast_shapes((1 if cells is None else cells,), *(value.shape for value in scalars))
    except ValueError as error:
        raise ParameterError("parameters of the uterine cell have one number, or one for each cell") from error
    table = np.empty((count, PACKED))
    for place, value in enumerate(scalars):
        table[:, place] = value
    table[:, len(SCALARS) :] = np.concatenate([getattr(parameters, name) for name in ROWS])
    return table


assert tuple(item.name for item in fields(UterineCellParameters)) == (*SCALARS, *ROWS)  # the order of `layout`
