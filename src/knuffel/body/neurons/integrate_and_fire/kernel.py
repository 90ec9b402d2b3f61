"""The compiled loop of the integrate-and-fire neuron: lanes side by side, four milliseconds at a time.

A lane is one neuron of one subject. Lanes are copied in chunks of `WIDTH` into scratch rows that stay in the
first-level cache; a block of four milliseconds then takes three passes over the chunk: random words, counts, membrane.
Neurons of a chunk do not meet within a block, so each lane keeps its membrane in registers for the four milliseconds.
Nothing in the passes branches; what is rare (a count outside the central thresholds, a spike) is looked up afterwards.

`equations` is the numpy twin: equal bits. Nothing is compiled at import; the first call compiles and fills the cache.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

from knuffel.body.neurons.integrate_and_fire.synaptic_counts import CENTRAL, fill_tables

__all__ = ["WIDTH", "advance_lanes", "philox_block", "tables"]

WIDTH = 256
"""Lanes in a chunk: 29 kB of scratch."""

_i32, _f32, _u32, _u64 = np.int32, np.float32, np.uint32, np.uint64
_W = WIDTH
_M0, _M1 = _u64(0xD2511F53), _u64(0xCD9E8D57)
_K0, _K1 = _u64(0x9E3779B9), _u64(0xBB67AE85)
_MASK, _SHIFT = _u64(0xFFFFFFFF), _u64(32)
_NEVER = 2**31 - 1
_FLUSH_BLOCKS = 7  # membrane terms are looked at for flushing every eighth block
_TINY = _f32(1e-20)
_DE_BRUIJN = _u64(0x03F79D71B4CB0A89)  # times 2**n, its top six bits differ for every n: the place of a single bit
_BIT_OF = np.zeros(64, dtype=np.int64)
_BIT_OF[[(int(_DE_BRUIJN) << place & 0xFFFFFFFFFFFFFFFF) >> 58 for place in range(64)]] = np.arange(64)

tables = njit(cache=True, error_model="numpy", nogil=True)(fill_tables)


@njit(inline="always")
def _round(a, b, c, d, k0, k1):
    """One Philox round on the lower halves of 64-bit words; nothing reads the upper halves.

    Masked at the multiplication, which then is the widening one that vectorises, and the masks cost nothing.
    """
    p = (a & _MASK) * _M0
    q = (c & _MASK) * _M1
    return (q >> _SHIFT) ^ b ^ k0, q, (p >> _SHIFT) ^ d ^ k1, p


@njit(error_model="numpy")
def philox_block(block, draw, k0, k1, neuron, subject, words, lanes):
    """Write the four words of counter (block, draw, neuron, subject) to rows 0 to 3 of ``words``, for every lane."""
    for i in range(lanes):
        a, b, c, d = _round(block, draw, neuron[i], subject[i], k0, k1)
        a, b, c, d = _round(a, b, c, d, k0 + _u64(1) * _K0, k1 + _u64(1) * _K1)
        a, b, c, d = _round(a, b, c, d, k0 + _u64(2) * _K0, k1 + _u64(2) * _K1)
        a, b, c, d = _round(a, b, c, d, k0 + _u64(3) * _K0, k1 + _u64(3) * _K1)
        a, b, c, d = _round(a, b, c, d, k0 + _u64(4) * _K0, k1 + _u64(4) * _K1)
        a, b, c, d = _round(a, b, c, d, k0 + _u64(5) * _K0, k1 + _u64(5) * _K1)
        a, b, c, d = _round(a, b, c, d, k0 + _u64(6) * _K0, k1 + _u64(6) * _K1)
        a, b, c, d = _round(a, b, c, d, k0 + _u64(7) * _K0, k1 + _u64(7) * _K1)
        a, b, c, d = _round(a, b, c, d, k0 + _u64(8) * _K0, k1 + _u64(8) * _K1)
        a, b, c, d = _round(a, b, c, d, k0 + _u64(9) * _K0, k1 + _u64(9) * _K1)
        words[i] = _i32(_u32(a))
        words[_W + i] = _i32(_u32(b))
        words[2 * _W + i] = _i32(_u32(c))
        words[3 * _W + i] = _i32(_u32(d))


@njit(inline="always")
def _central(u, c0, c1, c2, c3, c4, c5, c6, c7):
    """Count the central thresholds below a word."""
    return _i32(
        _i32(u > c0) + _i32(u > c1) + _i32(u > c2) + _i32(u > c3)
        + _i32(u > c4) + _i32(u > c5) + _i32(u > c6) + _i32(u > c7)
    )  # fmt: skip


@njit(error_model="numpy")
def _counts(words, central, offset, net, lanes):
    """Turn four rows of words into four rows of net counts; return non-zero when one lies outside the thresholds."""
    rare = _i32(0)
    for i in range(lanes):
        c0, c1, c2, c3 = central[i], central[_W + i], central[2 * _W + i], central[3 * _W + i]
        c4, c5, c6, c7 = central[4 * _W + i], central[5 * _W + i], central[6 * _W + i], central[7 * _W + i]
        o = offset[i]
        n0 = _central(words[i], c0, c1, c2, c3, c4, c5, c6, c7)
        n1 = _central(words[_W + i], c0, c1, c2, c3, c4, c5, c6, c7)
        n2 = _central(words[2 * _W + i], c0, c1, c2, c3, c4, c5, c6, c7)
        n3 = _central(words[3 * _W + i], c0, c1, c2, c3, c4, c5, c6, c7)
        net[i] = _f32(_i32(n0 + o))
        net[_W + i] = _f32(_i32(n1 + o))
        net[2 * _W + i] = _f32(_i32(n2 + o))
        net[3 * _W + i] = _f32(_i32(n3 + o))
        outside = _i32(n0 == _i32(0)) | _i32(n1 == _i32(0)) | _i32(n2 == _i32(0)) | _i32(n3 == _i32(0))
        beyond = _i32(n0 == _i32(8)) | _i32(n1 == _i32(8)) | _i32(n2 == _i32(8)) | _i32(n3 == _i32(8))
        rare = _i32(rare | outside | beyond)
    return rare


@njit(error_model="numpy")
def _look_up(words, central, net, lanes, group, table, low, used):
    """Replace the counts of words outside the central thresholds by those of the whole table."""
    for k in range(4):
        for i in range(lanes):
            u = words[k * _W + i]
            if u <= central[i] or u > central[(CENTRAL - 1) * _W + i]:
                g = group[i]
                count = low[g]
                for place in range(used[g]):
                    count += u > table[g, place]
                net[k * _W + i] = _f32(count)


@njit(inline="always")
def _step(psp, hap, ahp, dap, since, n, dm, dh, da, dd, size, gap, kh, ka, kd, pause, with_dap):
    """One millisecond of one neuron; the order of the operations is the model's."""
    psp = psp * dm + size * n
    hap = hap * dh
    ahp = ahp * da
    v = psp - hap - ahp
    if with_dap:
        dap = dap * dd
        v = v + dap
    since = since + _f32(1)
    fires = (v > gap) & (since >= pause)
    hap = hap + kh if fires else hap
    ahp = ahp + ka if fires else ahp
    if with_dap:
        dap = dap + kd if fires else dap
    since = _f32(0) if fires else since
    return psp, hap, ahp, dap, since, _i32(fires)


@njit(error_model="numpy")
def _membrane(s, p, fired, lanes, with_dap):
    """Four milliseconds of every lane. Rows of ``s``: psp, hap, ahp, dap, since, four counts; of ``p``: `constants`."""
    total = _i32(0)
    for i in range(lanes):
        psp, hap, ahp, dap, since = s[i], s[_W + i], s[2 * _W + i], s[3 * _W + i], s[4 * _W + i]
        dm, dh, da, dd, size = p[i], p[_W + i], p[2 * _W + i], p[3 * _W + i], p[4 * _W + i]
        gap, kh, ka, kd, pause = p[5 * _W + i], p[6 * _W + i], p[7 * _W + i], p[8 * _W + i], p[9 * _W + i]
        psp, hap, ahp, dap, since, f0 = _step(
            psp, hap, ahp, dap, since, s[5 * _W + i], dm, dh, da, dd, size, gap, kh, ka, kd, pause, with_dap
        )
        psp, hap, ahp, dap, since, f1 = _step(
            psp, hap, ahp, dap, since, s[6 * _W + i], dm, dh, da, dd, size, gap, kh, ka, kd, pause, with_dap
        )
        psp, hap, ahp, dap, since, f2 = _step(
            psp, hap, ahp, dap, since, s[7 * _W + i], dm, dh, da, dd, size, gap, kh, ka, kd, pause, with_dap
        )
        psp, hap, ahp, dap, since, f3 = _step(
            psp, hap, ahp, dap, since, s[8 * _W + i], dm, dh, da, dd, size, gap, kh, ka, kd, pause, with_dap
        )
        s[i] = psp
        s[_W + i] = hap
        s[2 * _W + i] = ahp
        s[3 * _W + i] = dap
        s[4 * _W + i] = since
        mask = _i32(f0 + _i32(2) * f1 + _i32(4) * f2 + _i32(8) * f3)
        fired[i] = np.uint8(mask)
        total = _i32(total | mask)
    return total


@njit(error_model="numpy")
def _membrane_part(s, p, fired, lanes, begin, end, with_dap):
    """The same for milliseconds ``begin`` to ``end`` - 1 of the block: the ragged ends of an interval."""
    total = np.int64(0)
    for i in range(lanes):
        psp, hap, ahp, dap, since = s[i], s[_W + i], s[2 * _W + i], s[3 * _W + i], s[4 * _W + i]
        mask = np.int64(0)
        for k in range(begin, end):
            psp, hap, ahp, dap, since, fires = _step(
                psp, hap, ahp, dap, since, s[(5 + k) * _W + i],
                p[i], p[_W + i], p[2 * _W + i], p[3 * _W + i], p[4 * _W + i],
                p[5 * _W + i], p[6 * _W + i], p[7 * _W + i], p[8 * _W + i], p[9 * _W + i], with_dap,
            )  # fmt: skip
            mask |= np.int64(fires) << k
        s[i] = psp
        s[_W + i] = hap
        s[2 * _W + i] = ahp
        s[3 * _W + i] = dap
        s[4 * _W + i] = since
        fired[i] = np.uint8(mask)
        total |= mask
    return total


@njit(error_model="numpy")
def _flush(s, lanes):
    """Set membrane terms that have decayed to nothing to zero: denormal numbers are a hundred times slower."""
    for row in range(4):
        for i in range(row * _W, row * _W + lanes):
            s[i] = s[i] if abs(s[i]) > _TINY else _f32(0)


@njit(cache=True, error_model="numpy", nogil=True)
def advance_lanes(
    t,
    steps,
    k0,
    k1,
    cells,
    subject_index,
    psps,
    haps,
    ahps,
    daps,
    sinces,
    constants,
    group,
    table,
    low,
    used,
    central,
    offset,
):
    """Move every lane from ``t`` over ``steps`` ms; return the spikes as (subject * steps + ms) * cells + neuron.

    ``psps`` … ``sinces`` float32 (lanes); ``constants`` float32 (10, subjects or 1); ``subject_index``
    int64 (subjects); tables as filled by `tables`. The order of the spikes is that of the chunks: sort them.
    """
    lanes_total = len(psps)
    s = np.zeros(9 * _W, dtype=np.float32)
    p = np.zeros(10 * _W, dtype=np.float32)
    words = np.zeros(4 * _W, dtype=np.int32)
    net = s[5 * _W :]
    around = np.zeros(CENTRAL * _W, dtype=np.int32)
    shift = np.zeros(_W, dtype=np.int32)
    neuron, subject = np.zeros(_W, dtype=np.uint64), np.zeros(_W, dtype=np.uint64)
    code = np.zeros(_W, dtype=np.int64)
    fired = np.zeros(_W, dtype=np.uint8)
    eights = fired.view(np.uint64)
    spikes = np.empty(max(1024, lanes_total * steps // 50), dtype=np.int64)
    found = 0
    chunks = (lanes_total + _W - 1) // _W
    for chunk in range(chunks):
        first = chunk * lanes_total // chunks
        width = (chunk + 1) * lanes_total // chunks - first
        lanes = (width + 15) // 16 * 16  # lanes beyond the last never reach threshold: their threshold is infinite
        fired[:] = 0
        with_dap = False
        for i in range(lanes):
            lane = first + min(i, width - 1)
            who = lane // cells
            neuron[i] = lane - who * cells
            code[i] = who * steps * cells + lane - who * cells
            subject[i] = subject_index[who] & 0xFFFFFFFF
            s[i] = psps[lane]
            s[_W + i] = haps[lane]
            s[2 * _W + i] = ahps[lane]
            s[3 * _W + i] = daps[lane]
            s[4 * _W + i] = sinces[lane]
            for row in range(10):
                p[row * _W + i] = constants[row, who if constants.shape[1] > 1 else 0]
            with_dap |= s[3 * _W + i] != 0 or p[8 * _W + i] != 0
            if i >= width:
                p[5 * _W + i] = np.inf
            g = group[lane]
            shift[i] = offset[g]
            for place in range(CENTRAL):
                around[place * _W + i] = central[g, place]
        groups = group[first : first + width]
        now, end = t, t + steps
        while now < end:
            begin = now & 3
            stop = min(4, begin + end - now)
            block = now >> 2
            if begin == 0 and block & _FLUSH_BLOCKS == 0:
                _flush(s, lanes)
            philox_block(_u64(block & 0xFFFFFFFF), _u64(0), k0, k1, neuron, subject, words, lanes)
            if _counts(words, around, shift, net, lanes):
                _look_up(words, around, net, width, groups, table, low, used)
            if begin == 0 and stop == 4:
                total = np.int64(_membrane(s, p, fired, lanes, with_dap))
            else:
                total = np.int64(_membrane_part(s, p, fired, lanes, begin, stop, with_dap))
            if total:
                if found + 4 * _W > len(spikes):
                    longer = np.empty(2 * len(spikes) + 4 * _W, dtype=np.int64)
                    longer[:found] = spikes[:found]
                    spikes = longer
                ms = (block << 2) - t
                for eight in range(lanes // 8):
                    word = eights[eight]
                    while word:
                        lowest = word & (~word + _u64(1))
                        bit = _BIT_OF[(lowest * _DE_BRUIJN) >> _u64(58)]
                        spikes[found] = code[8 * eight + (bit >> 3)] + (ms + (bit & 7)) * cells
                        found += 1
                        word ^= lowest
            now += stop - begin
        for i in range(width):
            psps[first + i] = s[i]
            haps[first + i] = s[_W + i]
            ahps[first + i] = s[2 * _W + i]
            daps[first + i] = s[3 * _W + i]
            sinces[first + i] = s[4 * _W + i]
    return spikes[:found]
