"""The compiled loop of stimulus-secretion coupling: the cells of a subject side by side, eight milliseconds at a time.

Between the spikes of a cell everything is smooth: one branch-free pass over a chunk of cells takes each of them through
a block of eight milliseconds in registers, bound by arithmetic and not by memory. The few cells that spike inside a
block are taken through it one by one, with calcium entry, and put in place afterwards. Chunks of `WIDTH` cells are
copied into scratch rows that stay in the first-level cache.

`equations` is the numpy twin: equal bits. Nothing is compiled at import; the first call compiles and fills the cache.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

from knuffel.body.secretion.terminal.equations import BLOCK

__all__ = ["WIDTH", "advance_cells"]

WIDTH = 256
_W = WIDTH
_FLUSH_STEPS = 64
_TINY = 1e-60
_ROWS = 7  # broadening, fast and slow calcium, pool, owed, released, reserve


@njit(inline="always")
def _step(pool, owed, share, fill_rate, pool_full):
    """One ms: the pool loses its ``share`` and is refilled while it is not full."""
    less = pool - share * pool
    room = pool < pool_full
    return less + fill_rate if room else less, owed + fill_rate if room else owed


@njit(error_model="numpy")
def _block(s, cells, table, left, cubic):
    """A whole block of cells without spikes; ``table`` and ``left`` are the subject's columns."""
    refill, full, reserve_full, made = table[10], table[11], table[12], BLOCK * table[13]
    w1, w2, w3, w4 = left[3, 1], left[3, 2], left[3, 3], left[3, 4]
    w5, w6, w7, w8 = left[3, 5], left[3, 6], left[3, 7], left[3, 8]
    left_b, left_e, left_c = left[0, BLOCK], left[1, BLOCK], left[2, BLOCK]
    for i in range(cells):
        e, begun, reserve = s[_W + i], s[3 * _W + i], s[6 * _W + i]
        power = e * e
        if cubic:
            power = power * e
        fill = refill * reserve
        pool, owed = _step(begun, 0.0, power * w1, fill, full)
        pool, owed = _step(pool, owed, power * w2, fill, full)
        pool, owed = _step(pool, owed, power * w3, fill, full)
        pool, owed = _step(pool, owed, power * w4, fill, full)
        pool, owed = _step(pool, owed, power * w5, fill, full)
        pool, owed = _step(pool, owed, power * w6, fill, full)
        pool, owed = _step(pool, owed, power * w7, fill, full)
        pool, owed = _step(pool, owed, power * w8, fill, full)
        s[i] *= left_b
        s[_W + i] = e * left_e
        s[2 * _W + i] *= left_c
        s[3 * _W + i] = pool
        s[5 * _W + i] += owed - (pool - begun)
        s[6 * _W + i] = (reserve - owed) + (made if reserve < reserve_full else 0.0)


@njit(error_model="numpy")
def _cell(s, after, place, i, first_ms, last_ms, spikes, table, left, slow_exponent, cubic):
    """Ms ``first_ms`` to ``last_ms`` - 1 of a block of one cell, into column ``place`` of ``after``.

    Bit k of ``spikes`` is a spike in ms k, after the step of that ms.
    """
    b, e, c, pool = s[i], s[_W + i], s[2 * _W + i], s[3 * _W + i]
    owed, total, reserve = s[4 * _W + i], s[5 * _W + i], s[6 * _W + i]
    begun, owed_begun = pool, owed
    fill_rate = table[10] * reserve
    power = e * e
    if cubic:
        power = power * e
    for ms in range(first_ms, last_ms):
        k = ms + 1
        pool, owed = _step(pool, owed, power * left[3, k], fill_rate, table[11])
        if spikes >> ms & 1:
            now_b, now_e, now_c = b * left[0, k], e * left[1, k], c * left[2, k]
            e5 = (now_e * now_e) * (now_e * now_e) * now_e
            cn = now_c * now_c * now_c
            if slow_exponent == 5:
                cn = cn * (now_c * now_c)
            calcium = (1 - e5 / (e5 + table[7])) * (1 - cn / (cn + table[8])) * (now_b + table[6])
            b += table[3] / left[0, k]
            e += table[4] * calcium / left[1, k]
            c += table[5] * calcium / left[2, k]
            power = e * e
            if cubic:
                power = power * e
    total += (owed - owed_begun) - (pool - begun)
    if last_ms == BLOCK:
        b, e, c = b * left[0, BLOCK], e * left[1, BLOCK], c * left[2, BLOCK]
        reserve = (reserve - owed) + (BLOCK * table[13] if reserve < table[12] else 0.0)
        owed = 0.0
    after[0, place], after[1, place], after[2, place], after[3, place] = b, e, c, pool
    after[4, place], after[5, place], after[6, place] = owed, total, reserve


@njit(error_model="numpy")
def _flush(s, cells):
    """Set what has decayed to nothing to zero: denormal numbers are a hundred times slower."""
    for row in range(3):
        for i in range(row * _W, row * _W + cells):
            s[i] = s[i] if s[i] > _TINY else 0.0


@njit(error_model="numpy")
def _chunk(s, width, t, end, times, lanes, table, left, slow_exponent, cubic):
    """Move a chunk of cells from ``t`` to ``end``; spikes ``times`` of ``lanes`` are sorted by time."""
    marked = np.zeros(_W, dtype=np.int64)
    busy = np.zeros(_W, dtype=np.int64)
    after = np.zeros((_ROWS, _W))
    count = (width + 7) // 8 * 8  # whole vectors; what lies beyond the last cell is empty and stays so
    place, now = 0, t
    while now < end:
        if now % _FLUSH_STEPS == 0:
            _flush(s, width)
        begin = now % BLOCK
        stop = min(BLOCK, begin + end - now)
        some = 0
        while place < len(times) and times[place] < now - begin + stop:
            i = lanes[place]
            if marked[i] == 0:
                busy[some] = i
                some += 1
            marked[i] |= 1 << (times[place] - now + begin)
            place += 1
        if begin == 0 and stop == BLOCK:
            for k in range(some):
                _cell(s, after, k, busy[k], begin, stop, marked[busy[k]], table, left, slow_exponent, cubic)
            if cubic:
                _block(s, count, table, left, True)
            else:
                _block(s, count, table, left, False)
            for k in range(some):
                i = busy[k]
                marked[i] = 0
                for row in range(_ROWS):
                    s[row * _W + i] = after[row, k]
        else:
            for i in range(width):
                _cell(s, after, 0, i, begin, stop, marked[i], table, left, slow_exponent, cubic)
                marked[i] = 0
                for row in range(_ROWS):
                    s[row * _W + i] = after[row, 0]
        now += stop - begin


@njit(cache=True, error_model="numpy", nogil=True)
def advance_cells(
    begin_piece,
    end_piece,
    t,
    steps,
    times,
    cells,
    split,
    broadening,
    fast_calcium,
    slow_calcium,
    pools,
    owed,
    reserves,
    released,
    constants,
    left,
    slow_exponent,
    release_exponent,
):
    """Move the cells of some pieces from ``t`` over ``steps`` ms in place; return how many spikes met a cell.

    A piece is a chunk of up to `WIDTH` cells of one subject: all subjects make subjects * chunks pieces. Spikes
    ``times`` (ms, int64) of ``cells`` (int64) are sorted by subject, then time; ``split`` (subject + 1) says where each
    subject begins. The six states are float64 (subject, cell); ``released`` (subject, cell) receives pg; ``constants``
    float64 (14, subject or 1) and ``left`` (4, 9, subject or 1) in the order given in `equations`.
    """
    count = released.shape[1]
    chunks = (count + _W - 1) // _W
    s = np.zeros(_ROWS * _W)
    table, powers = np.zeros(14), np.zeros((4, BLOCK + 1))
    applied = 0
    for who in range(begin_piece // chunks, (end_piece + chunks - 1) // chunks):
        table[:] = constants[:, who if constants.shape[1] > 1 else 0]
        powers[:, :] = left[:, :, who if constants.shape[1] > 1 else 0]
        first_chunk = max(begin_piece - who * chunks, 0)
        last_chunk = min(end_piece - who * chunks, chunks)
        # Spikes of the subject by chunk, still in the order of time.
        bounds = np.zeros(last_chunk - first_chunk + 1, dtype=np.int64)
        low, high = first_chunk * _W, min(last_chunk * _W, count)
        for place in range(split[who], split[who + 1]):
            if low <= cells[place] < high:
                bounds[cells[place] // _W - first_chunk + 1] += 1
        bounds[:] = np.cumsum(bounds)
        applied += bounds[-1]
        own_times, own_lanes = np.empty(bounds[-1], dtype=np.int64), np.empty(bounds[-1], dtype=np.int64)
        filled = bounds[:-1].copy()
        for place in range(split[who], split[who + 1]):
            cell = cells[place]
            if low <= cell < high:
                chunk = cell // _W - first_chunk
                own_times[filled[chunk]] = times[place]
                own_lanes[filled[chunk]] = cell % _W
                filled[chunk] += 1
        for chunk in range(first_chunk, last_chunk):
            first = chunk * _W
            width = min(_W, count - first)
            s[:] = 0.0
            for i in range(width):
                s[i] = broadening[who, first + i]
                s[_W + i] = fast_calcium[who, first + i]
                s[2 * _W + i] = slow_calcium[who, first + i]
                s[3 * _W + i] = pools[who, first + i]
                s[4 * _W + i] = owed[who, first + i]
                s[6 * _W + i] = reserves[who, first + i]
            own = slice(bounds[chunk - first_chunk], bounds[chunk - first_chunk + 1])
            cubic = release_exponent == 3
            _chunk(s, width, t, t + steps, own_times[own], own_lanes[own], table, powers, slow_exponent, cubic)
            for i in range(width):
                broadening[who, first + i] = s[i]
                fast_calcium[who, first + i] = s[_W + i]
                slow_calcium[who, first + i] = s[2 * _W + i]
                pools[who, first + i] = s[3 * _W + i]
                owed[who, first + i] = s[4 * _W + i]
                reserves[who, first + i] = s[6 * _W + i]
                released[who, first + i] = s[5 * _W + i]
    return applied
