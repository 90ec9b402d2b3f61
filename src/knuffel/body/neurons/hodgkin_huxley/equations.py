"""Equations of the Hodgkin-Huxley oxytocin neuron, on arrays; the numpy twin of `kernel`.

One step of dt (exponential Euler): the rate constants at the present potential move the gates exactly; with the new
gates the potential moves exactly towards its instantaneous equilibrium. The synaptic current that acts is the mean of
its values before and after the step, and an arrival counts as if it fell in the middle of the step, which makes the
mean input independent of dt. Equal order of operations and equal float32 rounding give the bits of the kernel; with
``precision=numpy.float64`` the same draws run in double precision with numpy's exponential.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.neurons.hodgkin_huxley.arrivals import place_arrivals
from knuffel.body.neurons.hodgkin_huxley.parameters import Membrane

__all__ = ["FIXED_CURRENT", "advance_lanes", "bernoulli", "constants", "exponential", "rest", "step"]

Array = npt.NDArray[Any]

FIXED_CURRENT = 38
"""Row of `constants` that holds leak and applied current at 0 mV (uA/cm2)."""

LOG2_E = np.float32(1 / math.log(2))
LN_2_HIGH = np.float32(round(math.log(2) * 2**15) / 2**15)  # few bits: its product with a small integer is exact
LN_2_LOW = np.float32(math.log(2) - round(math.log(2) * 2**15) / 2**15)
ROUNDING = np.float32(3 * 2**22)  # a float32 of this size has no fraction: adding it rounds
LIMIT = np.float32(86)  # exp of it is still a normal float32
TAYLOR = tuple(np.float32(1 / math.factorial(order)) for order in range(2, 7))
MANTISSA = np.int32(23)
ONE, HALF, TWELFTH = np.float32(1), np.float32(1 / 2), np.float32(1) / np.float32(12)
NEAR_ZERO = np.float32(1) / np.float32(8)
TINY = np.float32(1e-20)


def exponential(x: Array) -> Any:
    """Return exp(x). In float32: relative error below 3e-7, arguments cut at +-86, no table and no branch.

    x = n ln 2 + r; a polynomial of degree 6 in r; n goes into the exponent bits.
    """
    if x.dtype == np.float64:
        return np.exp(x)
    x = np.maximum(x, -LIMIT)
    x = np.minimum(x, LIMIT)
    shifted = x * LOG2_E + ROUNDING
    whole = shifted - ROUNDING
    r = x - whole * LN_2_HIGH - whole * LN_2_LOW
    t2, t3, t4, t5, t6 = TAYLOR
    power = ONE + r * (ONE + r * (t2 + r * (t3 + r * (t4 + r * (t5 + r * t6)))))
    bits = power.view(np.int32) + (shifted.view(np.int32) << MANTISSA)
    return bits.view(np.float32)


def bernoulli(t: Array) -> Any:
    """Return t/(exp(t) - 1), near 0 by its series; relative error below 1e-6."""
    below = exponential(t) - ONE
    near = np.abs(t) < NEAR_ZERO
    return np.where(near, ONE - HALF * t + t * t * TWELFTH, t / np.where(near, ONE, below))


def constants(parameters: Any) -> npt.NDArray[np.float64]:
    """Return what the loop needs of the parameters, (43, subject), or (43, 1) when subjects do not differ.

    Rows 0 to 17: for a_m, b_m, a_h, b_h, a_n, b_n each the factor (1/ms), the potential at which the exponent is 0 (mV)
    and the steepness (1/mV); 18 to 21: potential and steepness of z and q; then dt, the shares by which q moves when it
    rises and falls; calcium: conductance, influx times time constant, reversal, share; g_Na, g_K, g_BK, g_SK, Ca_half,
    g_L; step of the synaptic current; E_Na, E_K, fixed current, dt/C, share of the synaptic current; V_spike, V_arm.
    """
    p = parameters
    dt, zero = p.time_step, p.threshold_potential

    def share(time_constant: Any) -> Any:
        return -np.expm1(-dt / np.asarray(time_constant))

    rows = [
        *(p.alpha_m_rate * p.alpha_m_slope, zero + p.alpha_m_offset, 1 / p.alpha_m_slope),
        *(p.beta_m_rate * p.beta_m_slope, zero + p.beta_m_offset, -1 / p.beta_m_slope),
        *(p.alpha_h_rate, zero + p.alpha_h_offset, 1 / p.alpha_h_slope),
        *(p.beta_h_rate, zero + p.beta_h_offset, 1 / p.beta_h_slope),
        *(p.alpha_n_rate * p.alpha_n_slope, zero + p.alpha_n_offset, 1 / p.alpha_n_slope),
        *(p.beta_n_rate, zero + p.beta_n_offset, 1 / p.beta_n_slope),
        *(p.calcium_activation_midpoint, 1 / p.calcium_activation_slope),
        *(p.bk_activation_midpoint, 1 / p.bk_activation_slope),
        *(dt, share(p.bk_rise_time), share(p.bk_fall_time)),
        *(p.calcium_conductance, p.calcium_influx * p.calcium_time_constant),
        *(p.calcium_reversal, share(p.calcium_time_constant)),
        *(p.sodium_conductance, p.potassium_conductance, p.bk_conductance, p.sk_conductance, p.sk_half_calcium),
        *(p.leak_conductance, p.synaptic_current * np.exp(-dt / 2 / p.synaptic_time_constant)),
        *(p.sodium_reversal, p.potassium_reversal, p.leak_conductance * p.leak_reversal + p.applied_current),
        *(dt / p.membrane_capacitance, share(p.synaptic_time_constant), p.spike_potential, p.rearm_potential),
    ]
    return np.stack(np.broadcast_arrays(*[np.atleast_1d(np.asarray(row, dtype=np.float64)) for row in rows]))


def rest(leak_reversal: Any, shape: tuple[int, ...]) -> Membrane:
    """Return cells at rest, (subject, neuron): V at the leak reversal, channels closed, sodium not inactivated."""
    reversal = np.broadcast_to(np.asarray(leak_reversal, dtype=np.float32), shape[:1])
    potential = np.repeat(reversal[:, None], shape[1], axis=1)
    m, n, q, calcium, synaptic = (np.zeros(shape, dtype=np.float32) for _ in range(5))
    h, armed = (np.ones(shape, dtype=np.float32) for _ in range(2))
    return potential, m, h, n, q, calcium, synaptic, armed


def step(state: Sequence[Array], c: Array, net: Array) -> tuple[list[Array], npt.NDArray[np.bool_]]:
    """Return the state after one step and who crossed V_spike; ``net`` are the arrivals of the step, E minus I."""
    v, m, h, n, q, calcium, before, armed = state
    am, am_v, am_s, bm, bm_v, bm_s, ah, ah_v, ah_s, bh, bh_v, bh_s, an, an_v, an_s, bn, bn_v, bn_s = c[:18]
    z_v, z_s, q_v, q_s, dt, rise, fall, g_ca, influx, e_ca, lost, g_na, g_k, g_bk, g_sk, half, g_l = c[18:35]
    jump, e_na, e_k, fixed, dt_c, fade, peak, rearm = c[35:]
    a_m, b_m = am * bernoulli((am_v - v) * am_s), bm * bernoulli((bm_v - v) * bm_s)
    a_h, b_h = ah * exponential((ah_v - v) * ah_s), bh / (ONE + exponential((bh_v - v) * bh_s))
    a_n, b_n = an * bernoulli((an_v - v) * an_s), bn * exponential((bn_v - v) * bn_s)
    z = ONE / (ONE + exponential((z_v - v) * z_s))
    q_inf = ONE / (ONE + exponential((q_v - v) * q_s))
    m, h, n = (
        x + (a / (a + b) - x) * (ONE - exponential(-dt * (a + b)))
        for x, a, b in ((m, a_m, b_m), (h, a_h, b_h), (n, a_n, b_n))
    )
    q = q + (q_inf - q) * np.where(q_inf > q, rise, fall)
    open_ca = g_ca * z * z
    calcium = calcium + (influx * open_ca * (e_ca - v) - calcium) * lost
    open_na = g_na * (m * m * m * h)
    open_k = g_k * (n * n * (n * n)) + g_bk * q + g_sk * (calcium / (calcium + half))
    total = open_na + open_k + open_ca + g_l
    after = before - before * fade + jump * net
    current = open_na * e_na + open_k * e_k + open_ca * e_ca + fixed + HALF * (before + after)
    v = v + (current / total - v) * (ONE - exponential(-total * dt_c))
    fires = (v >= peak) & (armed > HALF)
    armed = np.where(v < rearm, ONE, np.where(fires, ONE - ONE, armed))
    return [v, m, h, n, q, calcium, after, armed], fires


def advance_lanes(
    t: int,
    steps: int,
    key: tuple[int, int],
    cells: int,
    subject_index: npt.NDArray[np.int64],
    arrivals: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    lanes: Sequence[Array],
    table: npt.NDArray[np.float64],
    per_ms: int,
    trace: Array,
    precision: Any = np.float32,
) -> npt.NDArray[np.int64]:
    """Move every lane from ``t`` over ``steps`` ms in place; return spikes as (subject * steps + ms) * cells + neuron.

    ``arrivals`` are expected excitatory and inhibitory arrivals per ms of each lane; ``lanes`` the eight variables of
    the state, (lane,); ``table`` is that of `constants`; ``per_ms`` how many steps make one ms. ``trace``, (steps *
    per_ms, lane) or with no rows, receives the potential after every step. Several crossings in one ms are one spike.
    """
    lane = np.arange(len(lanes[0]))
    subject, neuron = lane // cells, lane % cells
    c = table[:, subject if table.shape[1] > 1 else 0 * subject].astype(precision)
    state = [term.astype(precision) for term in lanes]
    k0, k1 = (np.uint64(word) for word in key)
    found: list[npt.NDArray[np.int64]] = []
    for ms in range(steps):
        net = np.zeros(per_ms * len(lane), dtype=np.float32)
        for i in lane:
            rates = float(arrivals[0][i]), float(arrivals[1][i])
            who = int(neuron[i]), int(subject_index[subject[i]]) & 0xFFFFFFFF
            place_arrivals(net, int(i), len(lane), per_ms, *rates, (t + ms) & 0xFFFFFFFF, *who, k0, k1)
        state[6] = np.where(np.abs(state[6]) > TINY, state[6], TINY - TINY)
        spiked = np.zeros(len(lane), dtype=bool)
        for place, now in enumerate(net.reshape(per_ms, len(lane)).astype(precision)):
            state, fires = step(state, c, now)
            spiked |= fires
            if len(trace):
                trace[ms * per_ms + place] = state[0]
        hit = lane[spiked]
        found.append((hit // cells * steps + ms) * cells + hit % cells)
    for given, value in zip(lanes, state, strict=True):
        given[...] = value
    return np.concatenate(found)
