"""Places in the arrays of the uterine cell: the state, and the numbers of one cell in a row.

The state of a cell is (`STATES`,): V (mV), free Ca (mM), the force variable w and the gates (0 to 1), the messenger P
and the filling of the store S (0 to 1). The numbers of a cell are (`PACKED`,): the scalars and then the rows of
`UterineCellParameters`, in the order of its fields. `equations.prepare` adds `DERIVED` numbers behind them.
"""

from __future__ import annotations

from itertools import accumulate

__all__ = ["COMMON", "DERIVED", "GATES", "PACKED", "ROWS", "SCALARS", "STATES", "STATE_NAMES"]

STATE_NAMES = (
    "V", "Ca", "w", "m", "h", "d", "f1", "f2", "b", "g", "q", "r1", "r2", "p", "k1", "k2", "s", "x", "xa", "xab", "y",
    "c", "herg_n1", "herg_n2", "herg_s", "kcnq1_nf", "kcnq1_ns", "kcnq1_w", "kcnq1_s", "kcnq4_n", "kcnq4_s", "kcnq5_nf",
    "kcnq5_ns", "kcnq5_w", "kcnq5_s", "P", "store",
)  # fmt: skip
(
    V, CA, W, GATE_M, GATE_H, GATE_D, GATE_F1, GATE_F2, GATE_B, GATE_G, GATE_Q, GATE_R1, GATE_R2, GATE_P, GATE_K1,
    GATE_K2, GATE_S, GATE_X, GATE_XA, GATE_XAB, GATE_Y, GATE_C, HN1, HN2, HS, Q1F, Q1S, Q1W, Q1I, Q4N, Q4I, Q5F, Q5S,
    Q5W, Q5I, MESSENGER, STORE,
) = range(len(STATE_NAMES))  # fmt: skip
STATES = len(STATE_NAMES)
COMMON = HN1
"""Gates of a cell without hERG and KCNQ are those from `W` to here."""
GATES = MESSENGER
"""Gates of a cell with them are those from `W` to here."""

SCALARS = (
    "gas_constant", "temperature", "faraday_constant", "internal_potassium", "internal_sodium", "internal_chloride",
    "external_potassium", "external_sodium", "external_chloride", "external_calcium", "external_magnesium",
    "capacitance", "area_to_volume", "calcium_buffering", "l_type_reversal", "t_type_reversal", "h_permeability",
    "sodium_conductance", "l_type_conductance", "t_type_conductance", "background_conductance", "k1_conductance",
    "k2_conductance", "a_type_conductance", "bk_conductance", "bk_alpha_fraction", "bk_beta_fraction",
    "chloride_conductance", "h_conductance", "nonselective_conductance", "nonselective_calcium", "nonselective_sodium",
    "nonselective_potassium", "pump_current", "exchanger_rate", "calcium_pump_rate", "herg_conductance",
    "kcnq1_conductance", "kcnq4_conductance", "kcnq5_conductance", "exchanger_current", "instantaneous_gates",
    "oestradiol_factor", "progesterone_factor", "largest_force", "force_offset", "half_calcium", "force_exponent",
    "messenger_time", "store_time", "release_rate", "largest_release", "nonselective_gain", "potassium_inhibition",
    "sensitisation", "chloride_gain", "l_type_gain", "spike_potential",
)  # fmt: skip
(
    GAS, TEMPERATURE, FARADAY, KI, NAI, CLI, KO, NAO, CLO, CAO, MGO, CM, AV, BUFF, E_CAL, E_CAT, P_H, G_NA, G_CAL,
    G_CAT, G_B, G_K1, G_K2, G_KA, G_BK, BK_A, BK_AB, G_CL, G_H, G_NS, NS_CA, NS_NA, NS_K, I_PUMP, J_NACA, J_PMCA,
    G_HERG, G_Q1, G_Q4, G_Q5, EX_CURRENT, INSTANT, OESTRADIOL, PROGESTERONE, F_MAX, F_ZERO, K_F, N_F, TAU_P, TAU_S,
    K_REL, J_MAX, A_NS, A_K, A_SENS, A_CL, A_L, SPIKE,
) = range(len(SCALARS))  # fmt: skip

ROWS = {
    "gate_m": 8, "gate_h": 8, "gate_d": 8, "gate_f1": 8, "gate_f2": 10, "gate_b": 8, "gate_g": 10, "gate_q": 8,
    "gate_r1": 8, "gate_r2": 8, "gate_p": 8, "gate_k1": 10, "gate_k2": 10, "gate_s": 8, "gate_x": 8, "gate_xa": 14,
    "gate_xab": 14, "gate_y": 8, "gate_c": 11, "gate_herg_n1": 10, "gate_herg_n2": 10, "gate_herg_s": 9,
    "gate_kcnq1_nf": 8, "gate_kcnq1_ns": 11, "gate_kcnq_w": 8, "gate_kcnq1_s": 8, "gate_kcnq4_n": 8, "gate_kcnq_s": 11,
    "gate_kcnq5_nf": 8, "gate_kcnq5_ns": 8, "weights": 12, "calcium_inactivation": 2, "nonselective": 11,
    "sodium_pump": 8, "exchanger": 7, "calcium_pump": 2, "force_time": 3, "start": 35,
}  # fmt: skip
"""Rows of numbers and how many each holds."""
_OFFSETS = tuple(accumulate(ROWS.values(), initial=len(SCALARS)))
(
    R_M, R_H, R_D, R_F1, R_F2, R_B, R_G, R_Q, R_R1, R_R2, R_P, R_K1, R_K2, R_S, R_X, R_XA, R_XAB, R_Y, R_C, R_HN1,
    R_HN2, R_HS, R_Q1F, R_Q1S, R_QW, R_Q1I, R_Q4N, R_QI, R_Q5F, R_Q5S, WEIGHTS, INACTIVATION, NONSELECTIVE,
    SODIUM_PUMP, EXCHANGER, CALCIUM_PUMP, FORCE_TIME, START, PACKED,
) = _OFFSETS  # fmt: skip

(PHI, E_NA, E_K, E_CL, E_H, NS_CA_G, NS_NA_G, NS_K_G, PUMP, FLUX, EFFECT, NEGLIGIBLE) = range(PACKED, PACKED + 12)
DERIVED = 12
"""phi (mV), reversals of Na, K, Cl, h (mV), non-selective conductances (nS/pF), pump over its dependence on V (pA/pF),
mM/ms for each pA/pF of calcium, G (0 to 1), and whether hERG and KCNQ are absent (1) or not (0)."""
