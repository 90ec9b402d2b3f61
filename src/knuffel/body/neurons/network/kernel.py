"""The compiled loop of the network: all neurons of a subject side by side, one millisecond at a time.

Several short passes over the neurons, none of which branches, so that they vectorise; what is rare (a fourth arrival in
one ms, a spike, a release) is looked up afterwards. `equations` is the numpy twin: equal bits.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

from knuffel.body.neurons.compiled_draws import philox_words
from knuffel.body.neurons.network.equations import FLUSH_EVERY, LONGEST, MOST_COUNTS, POLYNOMIAL, RECIPROCALS, TINY

__all__ = ["advance_subjects"]

_i32, _u64, _f64 = np.int32, np.uint64, np.float64
_WORD, _CENTRE = 2.0**-32, 2.0**31 + 0.5
_LAST = _i32(LONGEST)
_HALF, _THIRD = RECIPROCALS[1], RECIPROCALS[2]
_R2, _R3, _R4, _R5, _R6, _R7, _R8, _R9, _R10, _R11, _R12, _R13, _R14 = RECIPROCALS[1:POLYNOMIAL]


@njit(error_model="numpy")
def _draw(step, k0, k1, subject, words, cells):
    """Write the words of two ms, four rows of ``cells`` (excitation and inhibition of each ms)."""
    for i in range(cells):
        a, b, c, d = philox_words(step, _u64(0), k0, k1, _u64(i), subject)
        words[i] = _i32(a)
        words[cells + i] = _i32(b)
        words[2 * cells + i] = _i32(c)
        words[3 * cells + i] = _i32(d)


@njit(inline="always")
def _exp_of_minus(x):
    """Return exp(-x) for x from 0 to 1: the polynomial of the twin, term by term so that loops around it vectorise."""
    value = 1 - x * _R14
    value = 1 - x * _R13 * value
    value = 1 - x * _R12 * value
    value = 1 - x * _R11 * value
    value = 1 - x * _R10 * value
    value = 1 - x * _R9 * value
    value = 1 - x * _R8 * value
    value = 1 - x * _R7 * value
    value = 1 - x * _R6 * value
    value = 1 - x * _R5 * value
    value = 1 - x * _R4 * value
    value = 1 - x * _R3 * value
    value = 1 - x * _R2 * value
    return 1 - x * value


@njit(error_model="numpy")
def _fall(g, o, left, most, q):
    """Move the fall of the threshold through each bundle."""
    for b in range(len(g)):
        g[b] = min(left * g[b] + q * o[b], most)


@njit(error_model="numpy")
def _arrivals(c, limit, half, rate, expected, none):
    """Write the expected arrivals of a dendrite in each bundle, and the chance of none."""
    for b in range(len(c)):
        fourth = (c[b] * c[b]) * (c[b] * c[b])
        x = rate * (1 - limit * fourth / (fourth + half))
        expected[b] = x
        none[b] = _exp_of_minus(x)


@njit(error_model="numpy")
def _gather(expected, none, first, second, mean, silent):
    for i in range(len(first)):
        mean[i] = expected[first[i]] + expected[second[i]]
        silent[i] = none[first[i]] * none[second[i]]


@njit(inline="always")
def _count(word, mean, silent):
    """Return a count up to three, and whether there may be more."""
    u = (_f64(word) + _CENTRE) * _WORD
    term = silent * mean
    two = silent + term
    term = term * mean * _HALF
    three = two + term
    four = three + term * mean * _THIRD
    return _i32(u >= silent) + _i32(u >= two) + _i32(u >= three), _i32(u >= four)


@njit(error_model="numpy")
def _counts(words, begin, mean, silent, count, undecided):
    rare = _i32(0)
    for i in range(len(mean)):
        n, more = _count(words[begin + i], mean[i], silent[i])
        count[i] = n
        undecided[i] = more
        rare |= more
    return rare


@njit(error_model="numpy")
def _decide(words, begin, mean, silent, count, undecided):
    """Count the undecided to the end."""
    for i in range(len(mean)):
        if undecided[i]:
            u = (_f64(words[begin + i]) + _CENTRE) * _WORD
            term, below, n = silent[i], silent[i], 0
            while n < MOST_COUNTS and u >= below:
                term = term * mean[i] * RECIPROCALS[n]
                below = below + term
                n += 1
            count[i] = n


@njit(error_model="numpy")
def _thresholds(since, rise, g, first, second, sensitive, static):
    """Write what does not depend on the AHP: HAP of the time since the last spike, and the fall through oxytocin."""
    for i in range(len(since)):
        s = min(since[i] + _i32(1), _LAST)
        since[i] = s
        static[i] = rise[np.uint32(s)]
        sensitive[i] = 0.5 * (g[first[i]] + g[second[i]])


@njit(error_model="numpy")
def _membrane(v, f, excited, inhibited, hap, fall, sensitive, fired, own):
    left_v, add_v, v_e, v_i, a_e, a_i = own[0], own[1], own[2], own[3], own[4], own[5]
    left_f, ahp, f_half, t_0 = own[6], own[7], own[8], own[9]
    some = _i32(0)
    for i in range(len(v)):
        x = v[i]
        kick = a_e * (v_e - x) * _f64(excited[i]) - a_i * (x - v_i) * _f64(inhibited[i])
        x = left_v * x + add_v + kick
        v[i] = x
        y = f[i] * left_f
        f[i] = y
        fourth = (y * y) * (y * y)
        threshold = t_0 + hap[i] + ahp * fourth / (fourth + f_half) - sensitive[i] * fall[i]
        spike = _i32(x > threshold)
        fired[i] = spike
        some |= spike
    return some


@njit(error_model="numpy")
def _prime(r, left, priming, ceiling):
    for i in range(len(r)):
        r[i] = min(left * r[i] + priming[i], ceiling)


@njit(error_model="numpy")
def _flush(array):
    for i in range(len(array)):
        if abs(array[i]) < TINY:
            array[i] = 0.0


@njit(cache=True, error_model="numpy", nogil=True)
def advance_subjects(
    begin, end, t, steps, k0, k1, subject_index, drive, priming, neurons, bundles, graph, sensitive, table, hap
):
    """Move subjects ``begin`` to ``end`` - 1; the other arguments and the result as in the twin."""
    vs, fs, rs, sinces, lasts, pendings = neurons
    gs, os_, cs = bundles
    first, second = graph[0], graph[1]
    cells, count = len(first), gs.shape[1]
    words = np.empty(4 * cells, dtype=np.int32)
    excited, inhibited = np.empty(cells, dtype=np.int32), np.empty(cells, dtype=np.int32)
    undecided, fired = np.empty(cells, dtype=np.int32), np.empty(cells, dtype=np.int32)
    mean, silent, static, fall = np.empty(cells), np.empty(cells), np.empty(cells), np.empty(cells)
    expected, none = np.empty(count), np.empty(count)
    waiting, due = np.empty(cells, dtype=np.int64), np.empty(cells, dtype=np.int64)
    release = np.empty(cells)
    spikes = np.empty(1024 + cells * steps * (end - begin) // 100, dtype=np.int64)
    found = 0
    for row in range(begin, end):
        own, rise = table[:, row if table.shape[1] > 1 else 0], hap[row if len(hap) > 1 else 0]
        left_g, g_max, left_r, ceiling, left_c = own[11], own[12], own[13], own[14], own[15]
        step_c, limit_c, c_half, shortest, delay = own[16], own[17], own[18], own[19], own[20]
        excitation, inhibition, q, share, outside = (
            drive[0, row],
            drive[1, row],
            drive[2, row],
            drive[3, row],
            drive[4, row],
        )
        v, f, r, since, last, pending = vs[row], fs[row], rs[row], sinces[row], lasts[row], pendings[row]
        g, o, c, gain = gs[row], os_[row], cs[row], priming[row]
        subject = _u64(subject_index[row] & 0xFFFFFFFF)
        queued = 0
        for i in range(cells):
            if pending[i]:
                waiting[queued] = i
                queued += 1
        for ms in range(steps):
            now = t + ms
            if now % FLUSH_EVERY == 0:
                _flush(f)
                _flush(r)
                _flush(g)
                _flush(c)
            odd = now & 1
            if odd == 0 or ms == 0:
                _draw(_u64((now >> 1) & 0xFFFFFFFF), k0, k1, subject, words, cells)
            _fall(g, o, left_g, g_max, q)
            _arrivals(c, limit_c, c_half, excitation, expected, none)
            _gather(expected, none, first, second, mean, silent)
            if _counts(words, 2 * odd * cells, mean, silent, excited, undecided):
                _decide(words, 2 * odd * cells, mean, silent, excited, undecided)
            if inhibition != excitation:
                _arrivals(c, limit_c, c_half, inhibition, expected, none)
                _gather(expected, none, first, second, mean, silent)
            if _counts(words, (2 * odd + 1) * cells, mean, silent, inhibited, undecided):
                _decide(words, (2 * odd + 1) * cells, mean, silent, inhibited, undecided)
            _thresholds(since, rise, g, first, second, fall, static)
            some = _membrane(v, f, excited, inhibited, static, fall, sensitive, fired, own)
            if some:
                if found + cells > len(spikes):
                    longer = np.empty(2 * len(spikes) + cells, dtype=np.int64)
                    longer[:found] = spikes[:found]
                    spikes = longer
                for i in range(cells):
                    if fired[i]:
                        f[i] += 1
                        v[i] = own[10]
                        last[i] = since[i]
                        since[i] = 0
                        if pending[i] == 0:
                            pending[i] = 1
                            waiting[queued] = i
                            queued += 1
                        spikes[found] = (row * steps + ms) * cells + i
                        found += 1
            releasing, kept = 0, 0
            for place in range(queued):
                i = waiting[place]
                if since[i] > delay:
                    pending[i] = 0
                    if last[i] < shortest and share * r[i] > 0:
                        due[releasing] = i
                        releasing += 1
                else:
                    waiting[kept] = i
                    kept += 1
            queued = kept
            if releasing > 1:
                due[:releasing].sort()  # a neuron that fired again has kept its place: sums must not depend on that
            for place in range(releasing):
                release[place] = share * r[due[place]]
            _prime(r, left_r, gain, ceiling)
            for b in range(count):
                o[b] = outside
            for place in range(releasing):
                i, amount = due[place], release[place]
                r[i] -= amount
                o[first[i]] += amount
                o[second[i]] += amount
            for b in range(count):
                c[b] = left_c * c[b] + step_c * o[b]
    return spikes[:found]
