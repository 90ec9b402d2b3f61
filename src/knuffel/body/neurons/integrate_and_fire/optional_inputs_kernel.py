"""The loop of the integrate-and-fire neuron with options: one cell after the other, in double precision.

Beside what the plain loop does it knows slow input, shared presynaptic cells, noise on the rate, and release from the
dendrites; each can be off. Plain Python on scalars and arrays: it runs as it stands and is compiled, line for line,
where numba is present (`loop`). A draw depends on time, neuron and subject only.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.body.neurons.draws import normal, philox, poisson, register_jitable, uniform

__all__ = ["ROWS", "advance_cells", "arrivals", "binomial", "loop", "pool_arrivals"]

ROWS = 27
"""Rows of the table of constants: see the names in `advance_cells`."""

_BLOCK = 64  # ms of shared input that are drawn at once
_SETTLE = 1024  # ms between two looks for terms that have decayed to nothing
_TINY = 1e-20
_MASK = 0xFFFFFFFF
_SHIFT = np.uint64(32)


@register_jitable
def binomial(word: Any, trials: int, chance: float) -> int:
    """Return how many of ``trials`` succeed, by inversion for a 32-bit word; ``chance`` below 1."""
    left, kept, term = uniform(word), 1 - chance, 1.0
    for _ in range(trials):
        term *= kept
    count = 0
    while left > term and count < trials:
        left -= term
        term *= (trials - count) / (count + 1) * chance / kept
        count += 1
    return count


@register_jitable
def arrivals(pooled: int, shared: float, nominal: float, wanted: float, own: Any, thinning: Any) -> int:
    """Return the arrivals of one ms when ``wanted`` are expected in place of ``nominal``.

    Of the nominal ones ``shared`` come from presynaptic cells in common, ``pooled`` in this ms. What is wanted less is
    a chance to fail for each arrival; what is wanted more arrives independently. ``own`` and ``thinning`` are words.
    """
    if shared == 0:
        return poisson(own, wanted)
    if wanted >= nominal:
        return pooled + poisson(own, wanted - shared)
    kept = wanted / nominal
    return binomial(thinning, pooled, kept) + poisson(own, wanted - kept * shared)


@register_jitable
def pool_arrivals(t, steps, side, subject, k0, k1, mean, wiring, counts):
    """Write the arrivals from the presynaptic cells of one subject and side into ``counts``, (ms, neuron).

    All presynaptic cells together fire ``mean`` spikes a ms; each spike comes from one of them, and reaches the neurons
    that ``wiring`` (presynaptic cell, neuron) connects with it.
    """
    pool = np.uint64(wiring.shape[0])
    for ms in range(steps):
        counts[ms, :] = 0
        step = (t + ms) & _MASK
        words = philox(step, 0, side, subject, k0, k1)
        spikes = poisson(words[0], mean)
        for spike in range(spikes):
            if spike & 3 == 0:
                words = philox(step, 1 + (spike >> 2), side, subject, k0, k1)
            cell = (words[spike & 3] * pool) >> _SHIFT
            for neuron in range(counts.shape[1]):
                counts[ms, neuron] += wiring[cell, neuron]


@register_jitable
def _settled(term: float) -> float:
    """Return the term, or zero when it has decayed to nothing: denormal numbers are a hundred times slower."""
    return term if abs(term) > _TINY else 0.0


def advance_cells(
    t, steps, k0, k1, pool_k0, pool_k1, subject_index, membrane, extra, wirings,
    rates, shares, pools, constants, options,
):  # fmt: skip
    """Move every cell from ``t`` over ``steps`` ms in place; return spikes as (subject * steps + ms) * cells + neuron.

    ``membrane`` holds psp, HAP, AHP, DAP (mV) and ms since the last spike, ``extra`` slow input, noise on the rate,
    dendritic store, local oxytocin and endocannabinoid, float64 (subject, cell); ``wirings`` excitatory and inhibitory,
    uint8 (subject, presynaptic cell, cell). ``rates`` are the expected arrivals per ms of either kind, ``shares`` the
    part of them that comes from the presynaptic cells, each (subject, cell); ``pools`` (side, subject) what all
    presynaptic cells send per ms. ``constants`` (`ROWS`, subject or 1); ``options`` are slow input (0 off,
    1 independent, 2 synchronous), noise and dendrites (0 or 1).
    """
    psps, haps, ahps, daps, sinces = membrane
    slows, noises, stores, locals_, cannabinoids = extra
    with_slow, with_noise, with_dendrites = options
    subjects, cells = psps.shape
    sharing = wirings[0].shape[1] > 0
    pooled_e = np.zeros((_BLOCK, cells if sharing else 0), dtype=np.int32)
    pooled_i = np.zeros((_BLOCK, cells if sharing else 0), dtype=np.int32)
    zero = np.uint64(0)
    spikes = np.empty(max(1024, subjects * cells * steps // 50), dtype=np.int64)
    found = 0
    slow = noise = store = local = cannabinoid = 0.0
    for who in range(subjects):
        subject = subject_index[who] & _MASK
        c = constants[:, who if constants.shape[1] > 1 else 0]
        dm, dh, da, dd, size, gap, kh, ka, kd, pause = c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9]
        slow_left, slow_size, slow_rate = c[10], c[11], c[12]
        noise_left, noise_step, ratio = c[13], c[14], c[15]
        store_left, priming, fraction, interval = c[16], c[17], c[18], c[19]
        local_left, excitation_step, excitation_limit = c[20], c[21], c[22]
        cannabinoid_left, cannabinoid_step, half, limit = c[23], c[24], c[25], c[26]
        for begin in range(0, steps, _BLOCK):
            length = min(_BLOCK, steps - begin)
            if sharing:
                pool_arrivals(t + begin, length, 0, subject, pool_k0, pool_k1, pools[0, who], wirings[0][who], pooled_e)
                pool_arrivals(t + begin, length, 1, subject, pool_k0, pool_k1, pools[1, who], wirings[1][who], pooled_i)
            for cell in range(cells):
                psp, hap, ahp, dap = psps[who, cell], haps[who, cell], ahps[who, cell], daps[who, cell]
                since, lowered = sinces[who, cell], 0.0
                if with_slow:
                    slow = slows[who, cell]
                if with_noise:
                    noise = noises[who, cell]
                if with_dendrites:
                    store, local, cannabinoid = stores[who, cell], locals_[who, cell], cannabinoids[who, cell]
                for ms in range(length):
                    now = t + begin + ms
                    if now % _SETTLE == 0:
                        psp, hap, ahp, dap = _settled(psp), _settled(hap), _settled(ahp), _settled(dap)
                        slow, local, cannabinoid = _settled(slow), _settled(local), _settled(cannabinoid)
                    words = philox(now & _MASK, 0, cell, subject, k0, k1)
                    fail_e = fail_i = zero
                    wanted_e, wanted_i = rates[0][who, cell], rates[1][who, cell]
                    if with_noise or (with_dendrites and sharing):
                        more = philox(now & _MASK, 1, cell, subject, k0, k1)
                        fail_e, fail_i = more[2], more[3]
                        if with_noise:
                            noise = noise * noise_left + noise_step * normal(more[0], more[1])
                            wanted_e = max(wanted_e + noise, 0.0)
                            wanted_i = max(wanted_i + ratio * noise, 0.0)
                    if with_dendrites:
                        store = store * store_left + priming
                        local, cannabinoid = local * local_left, cannabinoid * cannabinoid_left
                        lowered = min(excitation_step * local, excitation_limit)
                        square = cannabinoid * cannabinoid
                        passed = 1 - limit * (square * square / (square * square + half))
                        wanted_e, wanted_i = wanted_e * passed, wanted_i * passed
                    from_e = from_i = 0
                    if sharing:
                        from_e, from_i = pooled_e[ms, cell], pooled_i[ms, cell]
                    n_e = arrivals(from_e, shares[0][who, cell], rates[0][who, cell], wanted_e, words[0], fail_e)
                    n_i = arrivals(from_i, shares[1][who, cell], rates[1][who, cell], wanted_i, words[1], fail_i)
                    psp = psp * dm + size * (n_e - n_i)
                    if with_slow:
                        slow = slow * slow_left + slow_size * (n_e if with_slow == 2 else poisson(words[2], slow_rate))
                        psp += (1 - slow_left) * slow
                    hap, ahp, dap, since = hap * dh, ahp * da, dap * dd, since + 1
                    if psp - hap - ahp + dap > gap - lowered and since >= pause:
                        hap, ahp, dap = hap + kh, ahp + ka, dap + kd
                        if with_dendrites and since < interval:
                            released = fraction * store
                            store, local = store - released, local + released
                            cannabinoid += cannabinoid_step * released
                        since = 0.0
                        if found == len(spikes):
                            longer = np.empty(2 * len(spikes), dtype=np.int64)
                            longer[:found] = spikes
                            spikes = longer
                        spikes[found] = (who * steps + begin + ms) * cells + cell
                        found += 1
                psps[who, cell], haps[who, cell], ahps[who, cell], daps[who, cell] = psp, hap, ahp, dap
                sinces[who, cell] = since
                if with_slow:
                    slows[who, cell] = slow
                if with_noise:
                    noises[who, cell] = noise
                if with_dendrites:
                    stores[who, cell], locals_[who, cell], cannabinoids[who, cell] = store, local, cannabinoid
    return spikes[:found]


@lru_cache(maxsize=1)
def loop() -> Any:
    """Return `advance_cells`, compiled where numba is present."""
    try:
        from numba import njit
    except ImportError:
        return advance_cells
    return njit(cache=True, error_model="numpy", nogil=True)(advance_cells)
