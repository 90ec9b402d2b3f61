"""The compiled loop of the Hodgkin-Huxley neuron: lanes side by side, one step of the integration at a time.

A lane is one neuron of one subject. Lanes are copied in chunks of `WIDTH` into scratch rows that stay in the
first-level cache. For each ms the arrivals are placed first, one lane after the other; then every step is one pass over
the chunk without branch or call: the exponential is a polynomial, so that the whole pass becomes vector instructions.

`equations` is the numpy twin: equal bits. Nothing is compiled at import; the first call compiles and fills the cache.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

from knuffel.body.neurons.hodgkin_huxley.arrivals import place_arrivals
from knuffel.body.neurons.hodgkin_huxley.equations import (
    HALF,
    LIMIT,
    LN_2_HIGH,
    LN_2_LOW,
    LOG2_E,
    MANTISSA,
    NEAR_ZERO,
    ONE,
    ROUNDING,
    TAYLOR,
    TINY,
    TWELFTH,
)

__all__ = ["WIDTH", "advance_lanes"]

WIDTH = 64
"""Lanes in a chunk: 26 kB of scratch at 50 steps per ms."""

_i32, _f32 = np.int32, np.float32
_W = WIDTH
_ROWS = 43
_ZERO = _f32(0)
_T2, _T3, _T4, _T5, _T6 = TAYLOR
_V, _M, _H, _N, _Q, _CALCIUM, _SYNAPTIC, _ARMED, _SPIKED = range(0, 9 * _W, _W)  # rows of the state
(
    _AM, _AM_V, _AM_S, _BM, _BM_V, _BM_S, _AH, _AH_V, _AH_S, _BH, _BH_V, _BH_S, _AN, _AN_V, _AN_S, _BN, _BN_V, _BN_S,
    _Z_V, _Z_S, _Q_V, _Q_S, _DT, _RISE, _FALL, _G_CA, _INFLUX, _E_CA, _LOST, _G_NA, _G_K, _G_BK, _G_SK, _HALF_CA, _G_L,
    _JUMP, _E_NA, _E_K, _FIXED, _DT_C, _FADE, _PEAK, _REARM,
) = range(0, _ROWS * _W, _W)  # rows of `equations.constants`  # fmt: skip


@njit(inline="always")
def _exponential(x):
    """The float32 branch of `equations.exponential`."""
    x = x if x > -LIMIT else -LIMIT
    x = x if x < LIMIT else LIMIT
    shifted = x * LOG2_E + ROUNDING
    whole = shifted - ROUNDING
    r = x - whole * LN_2_HIGH - whole * LN_2_LOW
    power = ONE + r * (ONE + r * (_T2 + r * (_T3 + r * (_T4 + r * (_T5 + r * _T6)))))
    bits = _i32(_f32(power).view(_i32) + (_f32(shifted).view(_i32) << MANTISSA))
    return _i32(bits).view(_f32)


@njit(inline="always")
def _bernoulli(t):
    """`equations.bernoulli`."""
    return ONE - HALF * t + t * t * TWELFTH if abs(t) < NEAR_ZERO else t / (_exponential(t) - ONE)


@njit(inline="always")
def _gate(x, a, b, dt):
    """Move a gate with opening rate ``a`` and closing rate ``b`` over one step."""
    return x + (a / (a + b) - x) * (ONE - _exponential(-dt * (a + b)))


@njit(error_model="numpy")
def _step(s, p, net, lanes):
    """One step of every lane; ``net`` holds the arrivals of this step."""
    for i in range(lanes):
        v, q, calcium, before, armed = s[_V + i], s[_Q + i], s[_CALCIUM + i], s[_SYNAPTIC + i], s[_ARMED + i]
        dt = p[_DT + i]
        a_m = p[_AM + i] * _bernoulli((p[_AM_V + i] - v) * p[_AM_S + i])
        b_m = p[_BM + i] * _bernoulli((p[_BM_V + i] - v) * p[_BM_S + i])
        a_h = p[_AH + i] * _exponential((p[_AH_V + i] - v) * p[_AH_S + i])
        b_h = p[_BH + i] / (ONE + _exponential((p[_BH_V + i] - v) * p[_BH_S + i]))
        a_n = p[_AN + i] * _bernoulli((p[_AN_V + i] - v) * p[_AN_S + i])
        b_n = p[_BN + i] * _exponential((p[_BN_V + i] - v) * p[_BN_S + i])
        z = ONE / (ONE + _exponential((p[_Z_V + i] - v) * p[_Z_S + i]))
        q_inf = ONE / (ONE + _exponential((p[_Q_V + i] - v) * p[_Q_S + i]))
        m = _gate(s[_M + i], a_m, b_m, dt)
        h = _gate(s[_H + i], a_h, b_h, dt)
        n = _gate(s[_N + i], a_n, b_n, dt)
        q = q + (q_inf - q) * (p[_RISE + i] if q_inf > q else p[_FALL + i])
        open_ca = p[_G_CA + i] * z * z
        calcium = calcium + (p[_INFLUX + i] * open_ca * (p[_E_CA + i] - v) - calcium) * p[_LOST + i]
        open_na = p[_G_NA + i] * (m * m * m * h)
        sk = calcium / (calcium + p[_HALF_CA + i])
        open_k = p[_G_K + i] * (n * n * (n * n)) + p[_G_BK + i] * q + p[_G_SK + i] * sk
        total = open_na + open_k + open_ca + p[_G_L + i]
        after = before - before * p[_FADE + i] + p[_JUMP + i] * net[i]
        current = open_na * p[_E_NA + i] + open_k * p[_E_K + i] + open_ca * p[_E_CA + i] + p[_FIXED + i]
        current = current + HALF * (before + after)
        v = v + (current / total - v) * (ONE - _exponential(-total * p[_DT_C + i]))
        fires = (v >= p[_PEAK + i]) & (armed > HALF)
        armed = _ZERO if fires else armed
        s[_ARMED + i] = ONE if v < p[_REARM + i] else armed
        s[_SPIKED + i] = ONE if fires else s[_SPIKED + i]
        s[_V + i], s[_M + i], s[_H + i], s[_N + i] = v, m, h, n
        s[_Q + i], s[_CALCIUM + i], s[_SYNAPTIC + i] = q, calcium, after


@njit(cache=True, error_model="numpy", nogil=True)
def advance_lanes(
    t,
    steps,
    k0,
    k1,
    cells,
    subject_index,
    excitation,
    inhibition,
    v,
    m,
    h,
    n,
    q,
    calcium,
    synaptic,
    armed,
    constants,
    per_ms,
    trace,
):
    """Move every lane from ``t`` over ``steps`` ms in place; return spikes as (subject * steps + ms) * cells + neuron.

    ``excitation`` and ``inhibition``: expected arrivals per ms; ``v`` to ``armed``: the state, float32; all (lane,).
    ``constants``: float32, that of `equations.constants`. ``trace`` as in `equations.advance_lanes`.
    """
    lanes_total = len(v)
    s, p = np.zeros(9 * _W, dtype=np.float32), np.zeros(_ROWS * _W, dtype=np.float32)
    net = np.zeros(per_ms * _W, dtype=np.float32)
    spikes = np.empty(max(256, lanes_total * steps // 50), dtype=np.int64)
    found = 0
    chunks = (lanes_total + _W - 1) // _W
    for chunk in range(chunks):
        first = chunk * lanes_total // chunks
        width = (chunk + 1) * lanes_total // chunks - first
        lanes = (width + 15) // 16 * 16  # lanes beyond the last repeat it without input; nobody looks at them
        for i in range(lanes):
            lane = first + min(i, width - 1)
            s[_V + i], s[_M + i], s[_H + i], s[_N + i] = v[lane], m[lane], h[lane], n[lane]
            s[_Q + i], s[_CALCIUM + i] = q[lane], calcium[lane]
            s[_SYNAPTIC + i], s[_ARMED + i] = synaptic[lane], armed[lane]
            for row in range(_ROWS):
                p[row * _W + i] = constants[row, lane // cells if constants.shape[1] > 1 else 0]
        for ms in range(steps):
            net[:] = 0
            for i in range(width):
                who = (first + i) // cells
                place_arrivals(
                    net, i, _W, per_ms, excitation[first + i], inhibition[first + i], (t + ms) & 0xFFFFFFFF,
                    first + i - who * cells, subject_index[who] & 0xFFFFFFFF, k0, k1,
                )  # fmt: skip
            for i in range(lanes):  # what has decayed to nothing is set to zero: denormal numbers are slow
                s[_SYNAPTIC + i] = s[_SYNAPTIC + i] if abs(s[_SYNAPTIC + i]) > TINY else _ZERO
                s[_SPIKED + i] = _ZERO
            for place in range(per_ms):
                _step(s, p, net[place * _W : (place + 1) * _W], lanes)
                if len(trace):
                    trace[ms * per_ms + place, first : first + width] = s[_V : _V + width]
            if found + _W > len(spikes):
                longer = np.empty(2 * len(spikes) + _W, dtype=np.int64)
                longer[:found] = spikes[:found]
                spikes = longer
            for i in range(width):
                if s[_SPIKED + i] > _ZERO:
                    who = (first + i) // cells
                    spikes[found] = (who * steps + ms) * cells + first + i - who * cells
                    found += 1
        for i in range(width):
            lane = first + i
            v[lane], m[lane], h[lane], n[lane] = s[_V + i], s[_M + i], s[_H + i], s[_N + i]
            q[lane], calcium[lane] = s[_Q + i], s[_CALCIUM + i]
            synaptic[lane], armed[lane] = s[_SYNAPTIC + i], s[_ARMED + i]
    return spikes[:found]
