"""Currents, calcium and force of the uterine cell (plain functions, also compiled by `kernel`).

Time in ms, potential in mV, concentrations in mM, current densities in pA/pF (positive is outward), conductances in
nS/pF, fluxes in mM/ms. After the model of DOI 10.1371/journal.pone.0018685; the part of oxytocin is our own. README:
equations.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

from math import log

from numba.extending import register_jitable

from knuffel.body.uterus.cell.gates import bounded_exp, gate_count, relaxation
from knuffel.body.uterus.cell.layout import (
    A_CL,
    A_K,
    A_L,
    A_NS,
    A_SENS,
    AV,
    BK_A,
    BK_AB,
    BUFF,
    CA,
    CALCIUM_PUMP,
    CAO,
    CLI,
    CLO,
    CM,
    E_CAL,
    E_CAT,
    E_CL,
    E_H,
    E_K,
    E_NA,
    EFFECT,
    EX_CURRENT,
    EXCHANGER,
    FARADAY,
    FLUX,
    G_B,
    G_BK,
    G_CAL,
    G_CAT,
    G_CL,
    G_H,
    G_HERG,
    G_K1,
    G_K2,
    G_KA,
    G_NA,
    G_NS,
    G_Q1,
    G_Q4,
    G_Q5,
    GAS,
    GATE_B,
    GATE_C,
    GATE_D,
    GATE_F1,
    GATE_F2,
    GATE_G,
    GATE_H,
    GATE_K1,
    GATE_K2,
    GATE_M,
    GATE_P,
    GATE_Q,
    GATE_R1,
    GATE_R2,
    GATE_S,
    GATE_X,
    GATE_XA,
    GATE_XAB,
    GATE_Y,
    HN1,
    HN2,
    HS,
    I_PUMP,
    INACTIVATION,
    INSTANT,
    J_MAX,
    J_NACA,
    J_PMCA,
    K_F,
    K_REL,
    KI,
    KO,
    MESSENGER,
    MGO,
    NAI,
    NAO,
    NEGLIGIBLE,
    NONSELECTIVE,
    NS_CA,
    NS_CA_G,
    NS_K,
    NS_K_G,
    NS_NA,
    NS_NA_G,
    OESTRADIOL,
    P_H,
    PACKED,
    PHI,
    PROGESTERONE,
    PUMP,
    Q1F,
    Q1I,
    Q1S,
    Q1W,
    Q4I,
    Q4N,
    Q5F,
    Q5I,
    Q5S,
    Q5W,
    SODIUM_PUMP,
    STORE,
    TAU_P,
    TAU_S,
    TEMPERATURE,
    WEIGHTS,
    V,
    W,
)  # fmt: skip

__all__ = ["CHANNELS", "CHANNEL_NAMES", "assemble", "derivatives", "membrane", "openings", "prepare"]

CHANNEL_NAMES = ("Na", "CaL", "CaT", "K1", "K2", "KA", "BK", "h", "Cl", "hERG", "KCNQ1", "KCNQ4", "KCNQ5")
CHANNELS = len(CHANNEL_NAMES)
"""Gated channels; the fourteenth place of their array holds the current without gates, then calcium fluxes."""
(NA, CAL, CAT, K1, K2, KA, BK, HCN, CL, HERG, Q1, Q4, Q5) = range(CHANNELS)
UNGATED, NS_CALCIUM, EXTRUSION = CHANNELS, CHANNELS + 1, CHANNELS + 2


@register_jitable
def prepare(given, effect, p):
    """Fill ``p`` (`PACKED` + `DERIVED`) from the numbers of a cell under the receptor effect G = ``effect`` (0 to 1).

    Conductances and the calcium sensitivity of force get what oxytocin and the hormone factors make of them.
    """
    p[:PACKED] = given[:PACKED]
    a, b = p[OESTRADIOL], p[PROGESTERONE]
    p[G_NA] *= a / b
    p[G_CAL] *= (1.0 + p[A_L] * effect) * b / a
    p[G_K1] *= (1.0 - p[A_K] * effect) * a
    p[G_BK] *= (1.0 - p[A_K] * effect) * a
    p[G_CL] *= 1.0 + p[A_CL] * effect
    p[G_NS] *= 1.0 + p[A_NS] * effect
    p[K_F] *= 1.0 - p[A_SENS] * effect
    phi = p[GAS] * p[TEMPERATURE] / p[FARADAY]
    p[PHI], p[EFFECT] = phi, effect
    p[E_NA], p[E_K], p[E_CL] = phi * log(p[NAO] / p[NAI]), phi * log(p[KO] / p[KI]), phi * log(p[CLI] / p[CLO])
    p[E_H] = phi * log((p[KO] + p[P_H] * p[NAO]) / (p[KI] + p[P_H] * p[NAI]))
    n = NONSELECTIVE
    magnesium = p[n] + p[n + 1] / (1.0 + (p[MGO] / p[n + 2]) ** p[n + 3])
    scale, half = magnesium * p[G_NS] * p[n + 4], p[n + 5]
    # the published code adds 1e-8 mM to a concentration that it divides by
    p[NS_CA_G] = scale * p[NS_CA] / p[n + 6] / (1.0 + (half / (p[CAO] + 1e-8)) ** 2)
    p[NS_NA_G] = scale * p[NS_NA] / p[n + 7] / (1.0 + (half / (p[NAO] + 1e-8)) ** 2)
    p[NS_K_G] = scale * p[NS_K] / p[n + 7] / (1.0 + (half / (p[KO] + 1e-8)) ** 2)
    s = SODIUM_PUMP
    p[PUMP] = p[I_PUMP] / ((1.0 + (p[s] / p[KO]) ** p[s + 1]) * (1.0 + (p[s + 2] / p[NAI]) ** 2))
    p[FLUX] = p[AV] * p[CM] * p[BUFF] / (2.0 * p[FARADAY])
    p[NEGLIGIBLE] = 1.0 if p[G_HERG] == 0 and p[G_Q1] == 0 and p[G_Q4] == 0 and p[G_Q5] == 0 else 0.0


@register_jitable
def membrane(v, calcium, p, full):
    """Fill ``full`` (16,): the current (pA/pF) of each gated channel were it open, and what has no gates.

    Behind the channels of `CHANNEL_NAMES`: the current without gates, the non-selective calcium current in it (both
    pA/pF), and the calcium that exchanger and pump take out (mM/ms).
    """
    u, potassium = v / p[PHI], v - p[E_K]
    full[NA] = p[G_NA] * (v - p[E_NA])
    full[CAL] = p[G_CAL] * (v - p[E_CAL]) / (1.0 + (calcium / p[INACTIVATION]) ** p[INACTIVATION + 1])
    full[CAT] = p[G_CAT] * (v - p[E_CAT])
    full[K1], full[K2], full[KA] = p[G_K1] * potassium, p[G_K2] * potassium, p[G_KA] * potassium
    full[BK] = p[G_BK] * potassium
    full[HCN] = p[G_H] * (v - p[E_H])
    full[CL] = p[G_CL] * (v - p[E_CL])
    full[HERG], full[Q1] = p[G_HERG] * potassium, p[G_Q1] * potassium
    full[Q4], full[Q5] = p[G_Q4] * potassium, p[G_Q5] * potassium
    n = NONSELECTIVE
    weight = p[n + 10] / (1.0 + bounded_exp(u))
    outside = p[n + 8] * p[KO] + p[n + 9] * p[NAO] + weight * p[CAO]
    inside = p[n + 8] * p[KI] + p[n + 9] * p[NAI] + weight * calcium
    drive = v - p[PHI] * log(outside / inside)
    s = SODIUM_PUMP
    slope = p[s + 3] * bounded_exp(p[s + 4] * u) + p[s + 5] * bounded_exp(p[NAO] / p[s + 6]) * bounded_exp(p[s + 7] * u)
    exchange = _exchange(u, calcium, p)
    full[NS_CALCIUM] = p[NS_CA_G] * drive
    full[EXTRUSION] = exchange + p[J_PMCA] / (1.0 + (p[CALCIUM_PUMP] / calcium) ** p[CALCIUM_PUMP + 1])
    full[UNGATED] = (
        p[G_B] * potassium
        + (p[NS_NA_G] + p[NS_K_G] + p[NS_CA_G]) * drive
        + p[PUMP] / (1.0 + slope)
        - p[EX_CURRENT] * 0.5 * exchange / p[FLUX]
    )


@register_jitable
def _exchange(u, calcium, p):
    """Calcium that the exchanger takes out (mM/ms); three sodium for each."""
    e, na, na_out, ca_out = EXCHANGER, p[NAI], p[NAO], p[CAO]
    active = 1.0 / (1.0 + (p[e] / calcium) ** 4)
    back = bounded_exp((p[e + 1] - 1.0) * u)
    in3, out3 = na * na * na, na_out * na_out * na_out
    flow = in3 * ca_out * bounded_exp(p[e + 1] * u) - out3 * calcium * back
    free = p[e + 3] * in3 + p[e + 4] ** 3 * calcium + p[e + 5] ** 3 * ca_out * (1.0 + calcium / p[e + 6])
    free += ca_out * in3 + out3 * calcium + out3 * p[e + 6] * (1.0 + (na / p[e + 5]) ** 3)
    return -p[J_NACA] * active * flow / ((1.0 + p[e + 2] * back) * free)


@register_jitable
def openings(z, p, opened):
    """Fill the share of each channel that is open, ``opened`` (`CHANNELS`,), from the gates in ``z`` (`STATES`,)."""
    k = WEIGHTS
    opened[NA] = z[GATE_M] * z[GATE_M] * z[GATE_M] * z[GATE_H]
    opened[CAL] = z[GATE_D] * z[GATE_D] * (p[k] * z[GATE_F1] + p[k + 1] * z[GATE_F2])
    opened[CAT] = z[GATE_B] * z[GATE_B] * z[GATE_G]
    opened[K1] = z[GATE_Q] * z[GATE_Q] * (p[k + 2] * z[GATE_R1] + p[k + 3] * z[GATE_R2])
    opened[K2] = z[GATE_P] * z[GATE_P] * (p[k + 4] * z[GATE_K1] + p[k + 5] * z[GATE_K2])
    opened[KA] = z[GATE_S] * z[GATE_X]
    opened[BK] = p[BK_A] * z[GATE_XA] + p[BK_AB] * z[GATE_XAB]
    opened[HCN], opened[CL] = z[GATE_Y], z[GATE_C]
    if p[NEGLIGIBLE] == 0:
        opened[HERG] = (p[k + 6] * z[HN1] + p[k + 7] * z[HN2]) * z[HS]
        opened[Q1] = (p[k + 8] * z[Q1F] + p[k + 9] * z[Q1S]) * z[Q1W] * z[Q1I]
        opened[Q4] = z[Q4N] * z[Q4I]
        opened[Q5] = (p[k + 10] * z[Q5F] + p[k + 11] * z[Q5S]) * z[Q5W] * z[Q5I]
    else:
        opened[HERG:] = 0.0


@register_jitable
def fix_fast_gates(inf, rate, z):
    """Put the gates of the nine-variable models that need no time at their steady state, and stop them."""
    for gate in (GATE_M, GATE_D, GATE_F1, GATE_B, GATE_G, GATE_XA, GATE_XAB):
        z[gate], rate[gate] = inf[gate], 0.0


@register_jitable
def assemble(z, stimulus, p, full, opened, dydt):
    """Fill the slopes of V (mV/ms), Ca (mM/ms), messenger and store (1/ms) from what the other functions left."""
    current = full[UNGATED] + stimulus
    for channel in range(CHANNELS):
        current += full[channel] * opened[channel]
    into = full[CAL] * opened[CAL] + full[CAT] * opened[CAT] + full[NS_CALCIUM]
    release = z[MESSENGER] * z[STORE]
    dydt[V] = -current
    dydt[CA] = -(p[FLUX] * into + full[EXTRUSION]) + p[J_MAX] * release
    dydt[MESSENGER] = (p[EFFECT] - z[MESSENGER]) / p[TAU_P]
    dydt[STORE] = (1.0 - z[STORE]) / p[TAU_S] - p[K_REL] * release


@register_jitable
def derivatives(y, stimulus, p, z, inf, rate, full, opened, dydt):
    """Fill ``dydt`` (`STATES`,) at state ``y`` under a stimulus (pA/pF, negative depolarises); calcium above 0.

    ``z`` receives the state with instantaneous gates in place; the other arrays are scratch of the functions above.
    """
    z[:] = y
    relaxation(y[V], y[CA], p, inf, rate)
    if p[INSTANT] > 0:
        fix_fast_gates(inf, rate, z)
    membrane(y[V], y[CA], p, full)
    openings(z, p, opened)
    dydt[:] = 0.0
    for gate in range(W, gate_count(p)):
        dydt[gate] = (inf[gate] - z[gate]) * rate[gate]
    assemble(z, stimulus, p, full, opened, dydt)
