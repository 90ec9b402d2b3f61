"""The compiled loop of the integrate-and-fire neuron: lanes side by side, eight milliseconds at a time.

A lane is one neuron of one subject. Lanes are copied in chunks of `WIDTH` into scratch rows that stay in the
first-level cache; a block of eight milliseconds then takes three passes over the chunk: random words, counts, membrane.
Neurons of a chunk do not meet within a block, so each lane keeps its membrane in registers for the eight milliseconds.
Nothing in the passes branches; what is rare (a word that falls on a threshold or outside the central ones, a spike) is
looked up afterwards.

`equations` is the numpy twin: equal bits. Nothing is compiled at import; the first call compiles and fills the cache.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

from knuffel.body.neurons.compiled_draws import philox_words
from knuffel.body.neurons.integrate_and_fire.equations import LONGEST_PAUSE
from knuffel.body.neurons.integrate_and_fire.synaptic_counts import BLOCK, CENTRAL, fill_tables

__all__ = ["WIDTH", "advance_lanes", "philox_block", "tables"]

WIDTH = 256
"""Lanes in a chunk: 30 kB of scratch."""

_i16, _i32, _i64, _f32, _u64 = np.int16, np.int32, np.int64, np.float32, np.uint64
_W = WIDTH
_HALF = _u64(16)
_FLUSH_BLOCKS = 3  # membrane terms are looked at for flushing every fourth block
_TINY = _f32(1e-20)
_LONGEST = _f32(LONGEST_PAUSE)
_DE_BRUIJN = _u64(0x03F79D71B4CB0A89)  # times 2**n, its top six bits differ for every n: the place of a single bit
_BIT_OF = np.zeros(64, dtype=np.int64)
_BIT_OF[[(int(_DE_BRUIJN) << place & 0xFFFFFFFFFFFFFFFF) >> 58 for place in range(64)]] = np.arange(64)

tables = njit(cache=True, error_model="numpy", nogil=True)(fill_tables)


@njit(error_model="numpy")
def philox_block(block, draw, k0, k1, neuron, subject, halves, lanes):
    """Write the halves of the four words of counter (block, draw, neuron, subject) for every lane.

    Row k of ``halves`` (int16, 8 x WIDTH) belongs to ms k of the block: lower halves to 0 … 3, upper ones to 4 … 7.
    """
    for i in range(lanes):
        a, b, c, d = philox_words(block, draw, k0, k1, neuron[i], subject[i])
        halves[i] = _i16(a)
        halves[_W + i] = _i16(b)
        halves[2 * _W + i] = _i16(c)
        halves[3 * _W + i] = _i16(d)
        halves[4 * _W + i] = _i16(a >> _HALF)
        halves[5 * _W + i] = _i16(b >> _HALF)
        halves[6 * _W + i] = _i16(c >> _HALF)
        halves[7 * _W + i] = _i16(d >> _HALF)


@njit(inline="always")
def _count(u, least, c0, c1, c2, c3, c4, c5, c6):
    """Return the count of a half word by bisection, and whether its other half or the whole table must decide."""
    upper = u > c3
    middle, high, low = c5 if upper else c1, c6 if upper else c2, c4 if upper else c0
    n = _i16(4) if upper else _i16(0)
    above = u > middle
    last = high if above else low
    n = n + (_i16(2) if above else _i16(0))
    n = n + (_i16(1) if u > last else _i16(0))
    open_ = (u == c3) | (u == middle) | (u == last) | (u < c0) | (u > c6)
    return _i16(n + least), open_


@njit(error_model="numpy")
def _counts(halves, central, least, net, undecided, lanes):
    """Turn eight rows of half words into eight rows of net counts; return non-zero when some are undecided."""
    rare = _i16(0)
    for i in range(lanes):
        c0, c1, c2, c3 = central[i], central[_W + i], central[2 * _W + i], central[3 * _W + i]
        c4, c5, c6, low = central[4 * _W + i], central[5 * _W + i], central[6 * _W + i], least[i]
        net[i], e0 = _count(halves[i], low, c0, c1, c2, c3, c4, c5, c6)
        net[_W + i], e1 = _count(halves[_W + i], low, c0, c1, c2, c3, c4, c5, c6)
        net[2 * _W + i], e2 = _count(halves[2 * _W + i], low, c0, c1, c2, c3, c4, c5, c6)
        net[3 * _W + i], e3 = _count(halves[3 * _W + i], low, c0, c1, c2, c3, c4, c5, c6)
        net[4 * _W + i], e4 = _count(halves[4 * _W + i], low, c0, c1, c2, c3, c4, c5, c6)
        net[5 * _W + i], e5 = _count(halves[5 * _W + i], low, c0, c1, c2, c3, c4, c5, c6)
        net[6 * _W + i], e6 = _count(halves[6 * _W + i], low, c0, c1, c2, c3, c4, c5, c6)
        net[7 * _W + i], e7 = _count(halves[7 * _W + i], low, c0, c1, c2, c3, c4, c5, c6)
        some = _i16(e0 | e1 | e2 | e3 | e4 | e5 | e6 | e7)
        undecided[i] = some
        rare = _i16(rare | some)
    return rare


@njit(error_model="numpy")
def _decide(block, k0, k1, neuron, subject, halves, central, net, undecided, lanes, group, table, low, used):
    """Count the undecided again, with 32 bits and the whole table."""
    fours = undecided.view(np.uint64)
    for four in range((lanes + 3) // 4):
        if fours[four] != 0:
            for i in range(4 * four, min(4 * four + 4, lanes)):
                if undecided[i] != 0:
                    words = philox_words(block, _u64(1), k0, k1, neuron[i], subject[i])
                    _decide_lane(i, words, halves, central, net, table[group[i]], low[group[i]], used[group[i]])


@njit(error_model="numpy")
def _decide_lane(i, words, halves, central, net, thresholds, low, used):
    """Count the undecided milliseconds of a lane; the lower halves of its words are those of ``words``."""
    for k in range(BLOCK):
        u = halves[k * _W + i]
        open_ = (u < central[i]) | (u > central[(CENTRAL - 1) * _W + i])
        for place in range(CENTRAL):
            open_ |= u == central[place * _W + i]
        if open_:
            lower = (words[k & 3] if k < 4 else words[k & 3] >> _HALF) & _u64(0xFFFF)
            word = (_i64(u) << _i64(16)) | _i64(lower)
            count = low
            for place in range(used):
                count += word > thresholds[place]
            net[k * _W + i] = _i16(count)


@njit(inline="always")
def _step(psp, hap, ahp, dap, n, free, dm, dh, da, dd, size, gap, kh, ka, kd, with_dap):
    """One millisecond of one neuron, which may spike when it is ``free``; the order of operations is the model's."""
    psp = psp * dm + size * _f32(n)
    hap = hap * dh
    ahp = ahp * da
    drive = psp - gap
    if with_dap:
        dap = dap * dd
        drive = drive + dap
    fires = (drive > hap + ahp) & free
    hap = hap + kh if fires else hap
    ahp = ahp + ka if fires else ahp
    if with_dap:
        dap = dap + kd if fires else dap
    return psp, hap, ahp, dap, fires


@njit(error_model="numpy")
def _membrane(s, p, net, fired, lanes, with_dap):
    """Eight milliseconds of every lane with a refractory period of 2 ms or less: only the last ms can forbid a spike.

    Rows of ``s``: psp, hap, ahp, dap, since; of ``p``: `constants`. Bit k of ``fired`` is a spike in ms k.
    """
    total = _i32(0)
    for i in range(lanes):
        psp, hap, ahp, dap, since = s[i], s[_W + i], s[2 * _W + i], s[3 * _W + i], s[4 * _W + i]
        dm, dh, da, dd, size = p[i], p[_W + i], p[2 * _W + i], p[3 * _W + i], p[4 * _W + i]
        gap, kh, ka, kd, pause = p[5 * _W + i], p[6 * _W + i], p[7 * _W + i], p[8 * _W + i], p[9 * _W + i]
        at_once = pause <= _f32(1)
        free = since + _f32(1) >= pause
        psp, hap, ahp, dap, f0 = _step(
            psp, hap, ahp, dap, net[i], free, dm, dh, da, dd, size, gap, kh, ka, kd, with_dap
        )
        psp, hap, ahp, dap, f1 = _step(
            psp, hap, ahp, dap, net[_W + i], at_once | (not f0), dm, dh, da, dd, size, gap, kh, ka, kd, with_dap
        )
        psp, hap, ahp, dap, f2 = _step(
            psp, hap, ahp, dap, net[2 * _W + i], at_once | (not f1), dm, dh, da, dd, size, gap, kh, ka, kd, with_dap
        )
        psp, hap, ahp, dap, f3 = _step(
            psp, hap, ahp, dap, net[3 * _W + i], at_once | (not f2), dm, dh, da, dd, size, gap, kh, ka, kd, with_dap
        )
        psp, hap, ahp, dap, f4 = _step(
            psp, hap, ahp, dap, net[4 * _W + i], at_once | (not f3), dm, dh, da, dd, size, gap, kh, ka, kd, with_dap
        )
        psp, hap, ahp, dap, f5 = _step(
            psp, hap, ahp, dap, net[5 * _W + i], at_once | (not f4), dm, dh, da, dd, size, gap, kh, ka, kd, with_dap
        )
        psp, hap, ahp, dap, f6 = _step(
            psp, hap, ahp, dap, net[6 * _W + i], at_once | (not f5), dm, dh, da, dd, size, gap, kh, ka, kd, with_dap
        )
        psp, hap, ahp, dap, f7 = _step(
            psp, hap, ahp, dap, net[7 * _W + i], at_once | (not f6), dm, dh, da, dd, size, gap, kh, ka, kd, with_dap
        )
        since = min(since + _f32(BLOCK), _LONGEST)
        since = _f32(7) if f0 else since
        since = _f32(6) if f1 else since
        since = _f32(5) if f2 else since
        since = _f32(4) if f3 else since
        since = _f32(3) if f4 else since
        since = _f32(2) if f5 else since
        since = _f32(1) if f6 else since
        since = _f32(0) if f7 else since
        s[i] = psp
        s[_W + i] = hap
        s[2 * _W + i] = ahp
        s[3 * _W + i] = dap
        s[4 * _W + i] = since
        low = _i32(_i32(f0) + _i32(2) * _i32(f1) + _i32(4) * _i32(f2) + _i32(8) * _i32(f3))
        high = _i32(_i32(f4) + _i32(2) * _i32(f5) + _i32(4) * _i32(f6) + _i32(8) * _i32(f7))
        mask = _i32(low + _i32(16) * high)
        fired[i] = np.uint8(mask)
        total = _i32(total | mask)
    return total


@njit(error_model="numpy")
def _membrane_part(s, p, net, fired, lanes, begin, end, with_dap):
    """The same for ms ``begin`` to ``end`` - 1 of the block and any refractory period."""
    total = _i64(0)
    for i in range(lanes):
        psp, hap, ahp, dap, since = s[i], s[_W + i], s[2 * _W + i], s[3 * _W + i], s[4 * _W + i]
        mask = _i64(0)
        for k in range(begin, end):
            since = min(since + _f32(1), _LONGEST)
            psp, hap, ahp, dap, fires = _step(
                psp, hap, ahp, dap, net[k * _W + i], since >= p[9 * _W + i],
                p[i], p[_W + i], p[2 * _W + i], p[3 * _W + i], p[4 * _W + i],
                p[5 * _W + i], p[6 * _W + i], p[7 * _W + i], p[8 * _W + i], with_dap,
            )  # fmt: skip
            since = _f32(0) if fires else since
            mask |= _i64(fires) << k
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
    begin_chunk,
    end_chunk,
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
    least,
):
    """Move the lanes of some chunks from ``t`` over ``steps`` ms; return the spikes of these lanes.

    A spike is (subject * steps + ms) * cells + neuron, in the order of the chunks: sort them. ``psps`` … ``sinces``
    float32 (lanes); ``constants`` float32 (10, subjects or 1); ``subject_index`` int64 (subjects); tables as filled by
    `tables`. All lanes make (lanes + WIDTH - 1) // WIDTH chunks of nearly equal size.
    """
    lanes_total = len(psps)
    s = np.zeros(5 * _W, dtype=np.float32)
    p = np.zeros(10 * _W, dtype=np.float32)
    halves = np.zeros(BLOCK * _W, dtype=np.int16)
    net = np.zeros(BLOCK * _W, dtype=np.int16)
    around = np.zeros(CENTRAL * _W, dtype=np.int16)
    lowest = np.zeros(_W, dtype=np.int16)
    undecided = np.zeros(_W, dtype=np.int16)
    neuron, subject = np.zeros(_W, dtype=np.uint64), np.zeros(_W, dtype=np.uint64)
    code = np.zeros(_W, dtype=np.int64)
    fired = np.zeros(_W, dtype=np.uint8)
    eights = fired.view(np.uint64)
    busy = np.zeros(_W // 8, dtype=np.int64)
    chunks = (lanes_total + _W - 1) // _W
    spikes = np.empty(1024 + lanes_total * (end_chunk - begin_chunk) // chunks * steps // 50, dtype=np.int64)
    found = 0
    for chunk in range(begin_chunk, end_chunk):
        first = chunk * lanes_total // chunks
        width = (chunk + 1) * lanes_total // chunks - first
        lanes = (width + 31) // 32 * 32  # lanes beyond the last never reach threshold: their threshold is infinite
        fired[:] = 0
        with_dap, brief = False, True
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
            brief &= p[9 * _W + i] <= 2
            if i >= width:
                p[5 * _W + i] = np.inf
            g = group[lane]
            lowest[i] = least[g]
            for place in range(CENTRAL):
                around[place * _W + i] = central[g, place]
        groups = group[first : first + width]
        now, end = t, t + steps
        while now < end:
            begin = now & (BLOCK - 1)
            stop = min(BLOCK, begin + end - now)
            block = now >> 3
            word = _u64(block & 0xFFFFFFFF)
            if begin == 0 and block & _FLUSH_BLOCKS == 0:
                _flush(s, lanes)
            philox_block(word, _u64(0), k0, k1, neuron, subject, halves, lanes)
            if _counts(halves, around, lowest, net, undecided, lanes):
                _decide(word, k0, k1, neuron, subject, halves, around, net, undecided, width, groups, table, low, used)
            if begin == 0 and stop == BLOCK and brief:
                if with_dap:
                    total = _i64(_membrane(s, p, net, fired, lanes, True))
                else:
                    total = _i64(_membrane(s, p, net, fired, lanes, False))
            else:
                total = _membrane_part(s, p, net, fired, lanes, begin, stop, with_dap)
            if total:
                if found + BLOCK * _W > len(spikes):
                    longer = np.empty(2 * len(spikes) + BLOCK * _W, dtype=np.int64)
                    longer[:found] = spikes[:found]
                    spikes = longer
                ms = (block << 3) - t
                some = 0
                for eight in range(lanes // 8):
                    busy[some] = eight
                    some += eights[eight] != 0
                for place in range(some):
                    eight = busy[place]
                    bits = eights[eight]
                    while bits:
                        single = bits & (~bits + _u64(1))
                        bit = _BIT_OF[(single * _DE_BRUIJN) >> _u64(58)]
                        spikes[found] = code[8 * eight + (bit >> 3)] + (ms + (bit & 7)) * cells
                        found += 1
                        bits ^= single
            now += stop - begin
        for i in range(width):
            psps[first + i] = s[i]
            haps[first + i] = s[_W + i]
            ahps[first + i] = s[2 * _W + i]
            daps[first + i] = s[3 * _W + i]
            sinces[first + i] = s[4 * _W + i]
    return spikes[:found]
