"""Steady states and rates of the gates of the uterine cell (plain functions, also compiled by `kernel`).

Every gate z obeys dz/dt = (z_inf - z) rate. Rows of numbers: lowest steady state, span, potential added to V (mV) and
steepness (mV; negative for inactivation); behind them the numbers of the time constant (ms). Equations: the README.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

from math import exp

from numba.extending import register_jitable

from knuffel.body.uterus.cell.layout import (
    CA,
    COMMON,
    FORCE_TIME,
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
    K_F,
    N_F,
    NEGLIGIBLE,
    PHI,
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
    R_B,
    R_C,
    R_D,
    R_F1,
    R_F2,
    R_G,
    R_H,
    R_HN1,
    R_HN2,
    R_HS,
    R_K1,
    R_K2,
    R_M,
    R_P,
    R_Q,
    R_Q1F,
    R_Q1I,
    R_Q1S,
    R_Q4N,
    R_Q5F,
    R_Q5S,
    R_QI,
    R_QW,
    R_R1,
    R_R2,
    R_S,
    R_X,
    R_XA,
    R_XAB,
    R_Y,
    V,
    W,
)  # fmt: skip

__all__ = ["bounded_exp", "gate_count", "relaxation"]

_LIMIT = 500


@register_jitable
def bounded_exp(x):
    """Return exp(x) with the argument cut at +-500, so that no trial step of the solver overflows."""
    return exp(min(max(x, -_LIMIT), _LIMIT))


@register_jitable
def _fermi(v, p, at):
    """1/(1 + exp((V + p0)/p1)): falls with V for a positive steepness."""
    return 1.0 / (1.0 + bounded_exp((v + p[at]) / p[at + 1]))


@register_jitable
def _steady(v, p, row):
    return p[row] + p[row + 1] / (1.0 + bounded_exp(-(v + p[row + 2]) / p[row + 3]))


@register_jitable
def _bell(v, p, at):
    u = (v + p[at + 2]) / p[at + 3]
    return p[at] + p[at + 1] / (1.0 + u * u)


@register_jitable
def _sigmoid(v, p, at):
    return p[at] + p[at + 1] * _fermi(v, p, at + 2)


@register_jitable
def _product(v, p, at):
    return p[at] + p[at + 1] * _fermi(v, p, at + 2) * _fermi(v, p, at + 4)


@register_jitable
def _double(v, p, at):
    return p[at] + p[at + 1] * _fermi(v, p, at + 2) + p[at + 4] * _fermi(v, p, at + 5)


@register_jitable
def _bk(v, calcium, p, row, inf, rate, gate):
    """Steady state and rate of a calcium-activated gate; its numbers hold for calcium in uM."""
    cu = 1000.0 * calcium
    u, w = (cu + p[row + 1]) / p[row + 2], (cu + p[row + 4]) / p[row + 5]
    z = p[row] / (1.0 + u * u) + p[row + 3] / (1.0 + w * w)
    half = p[row + 6] / (1.0 + ((cu + p[row + 7]) / p[row + 8]) ** p[row + 9]) + p[row + 10]
    inf[gate] = 1.0 / (1.0 + bounded_exp(-z * (v - half) / p[PHI]))
    u = (v + p[row + 12]) / p[row + 13]
    rate[gate] = (1.0 + u * u) / p[row + 11]


@register_jitable
def gate_count(p):
    """Return the end of the gates that this cell has."""
    return COMMON if p[NEGLIGIBLE] > 0 else Q5I + 1


@register_jitable
def relaxation(v, calcium, p, inf, rate):
    """Fill steady state (0 to 1) and rate (1/ms) of every gate and of the force variable, both (`STATES`,).

    ``v`` in mV, ``calcium`` in mM and above 0, ``p`` as `equations.prepare` leaves it.
    """
    ratio = (calcium / p[K_F]) ** p[N_F]
    inf[W] = ratio / (1.0 + ratio)
    rate[W] = 1.0 / (p[FORCE_TIME] * (p[FORCE_TIME + 1] + p[FORCE_TIME + 2] / (1.0 + ratio)))
    inf[V] = inf[CA] = rate[V] = rate[CA] = 0.0
    inf[GATE_M], rate[GATE_M] = _steady(v, p, R_M), 1.0 / _sigmoid(v, p, R_M + 4)
    inf[GATE_H], rate[GATE_H] = _steady(v, p, R_H), 1.0 / _bell(v, p, R_H + 4)
    inf[GATE_D], rate[GATE_D] = _steady(v, p, R_D), 1.0 / _bell(v, p, R_D + 4)
    inf[GATE_F1], rate[GATE_F1] = _steady(v, p, R_F1), 1.0 / _bell(v, p, R_F1 + 4)
    inf[GATE_F2], rate[GATE_F2] = _steady(v, p, R_F2), 1.0 / _product(v, p, R_F2 + 4)
    inf[GATE_B], rate[GATE_B] = _steady(v, p, R_B), 1.0 / _bell(v, p, R_B + 4)
    inf[GATE_G], rate[GATE_G] = _steady(v, p, R_G), 1.0 / _product(v, p, R_G + 4)
    inf[GATE_Q], rate[GATE_Q] = _steady(v, p, R_Q), 1.0 / _bell(v, p, R_Q + 4)
    inf[GATE_R1], rate[GATE_R1] = _steady(v, p, R_R1), 1.0 / _bell(v, p, R_R1 + 4)
    inf[GATE_R2], rate[GATE_R2] = _steady(v, p, R_R2), 1.0 / _sigmoid(v, p, R_R2 + 4)
    inf[GATE_P], rate[GATE_P] = _steady(v, p, R_P), 1.0 / _bell(v, p, R_P + 4)
    inf[GATE_K1], rate[GATE_K1] = _steady(v, p, R_K1), 1.0 / _product(v, p, R_K1 + 4)
    inf[GATE_K2], rate[GATE_K2] = _steady(v, p, R_K2), 1.0 / _product(v, p, R_K2 + 4)
    inf[GATE_S], rate[GATE_S] = _steady(v, p, R_S), 1.0 / _bell(v, p, R_S + 4)
    inf[GATE_X], rate[GATE_X] = _steady(v, p, R_X), 1.0 / _bell(v, p, R_X + 4)
    _bk(v, calcium, p, R_XA, inf, rate, GATE_XA)
    _bk(v, calcium, p, R_XAB, inf, rate, GATE_XAB)
    inf[GATE_Y] = _steady(v, p, R_Y)
    rate[GATE_Y] = p[R_Y + 4] * bounded_exp(p[R_Y + 5] * v) + p[R_Y + 6] * bounded_exp(p[R_Y + 7] * v)
    k1 = p[R_C] * bounded_exp(p[R_C + 1] * v / p[PHI]) / calcium
    k2 = p[R_C + 2] * bounded_exp(p[R_C + 3] * v / p[PHI])
    inf[GATE_C] = 1.0 / (1.0 + k2 * (k1 * k1 + k1 + 1.0))
    rate[GATE_C] = 1.0 / _double(v, p, R_C + 4)
    if p[NEGLIGIBLE] == 0:
        _herg_and_kcnq(v, p, inf, rate)


@register_jitable
def _herg_and_kcnq(v, p, inf, rate):
    inf[HN1], rate[HN1] = _steady(v, p, R_HN1), 1.0 / _product(v, p, R_HN1 + 4)
    inf[HN2], rate[HN2] = _steady(v, p, R_HN2), 1.0 / _product(v, p, R_HN2 + 4)
    inf[HS], rate[HS] = _steady(v, p, R_HS), 1.0 / max(_bell(v, p, R_HS + 4), p[R_HS + 8])
    inf[Q1F], rate[Q1F] = _steady(v, p, R_Q1F), 1.0 / _bell(v, p, R_Q1F + 4)
    inf[Q1S], rate[Q1S] = _steady(v, p, R_Q1S), 1.0 / _double(v, p, R_Q1S + 4)
    inf[Q1W], rate[Q1W] = _steady(v, p, R_QW), 1.0 / _bell(v, p, R_QW + 4)
    inf[Q1I], rate[Q1I] = _steady(v, p, R_Q1I), 1.0 / _bell(v, p, R_Q1I + 4)
    inf[Q4N], rate[Q4N] = _steady(v, p, R_Q4N), 1.0 / _sigmoid(v, p, R_Q4N + 4)
    inf[Q4I] = _steady(v, p, R_QI) + p[R_QI + 8] * (1.0 - _fermi(v, p, R_QI + 9))
    rate[Q4I] = 1.0 / _bell(v, p, R_QI + 4)
    inf[Q5F], rate[Q5F] = _steady(v, p, R_Q5F), 1.0 / _bell(v, p, R_Q5F + 4)
    inf[Q5S], rate[Q5S] = _steady(v, p, R_Q5S), 1.0 / _bell(v, p, R_Q5S + 4)
    inf[Q5W], rate[Q5W] = inf[Q1W], rate[Q1W]
    inf[Q5I], rate[Q5I] = inf[Q4I], rate[Q4I]
