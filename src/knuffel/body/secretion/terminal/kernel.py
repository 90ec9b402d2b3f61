"""The compiled loop of stimulus-secretion coupling: the cells of a subject side by side, 1 ms at a time.

Between the spikes of a chunk of cells everything is smooth: branch-free passes over the cells, four ms at a time where
no spike comes between, so that they are bound by arithmetic and not by memory. Calcium entry is computed only for the
cells that spike. Chunks of `WIDTH` cells are copied into scratch rows that stay in the first-level cache; they are
narrow because fewer cells have fewer spikes between them.

`equations` is the numpy twin: equal bits. Nothing is compiled at import; the first call compiles and fills the cache.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["WIDTH", "advance_cells"]

WIDTH = 64
_W = WIDTH
_FLUSH_STEPS = 64
_TINY = 1e-60


@njit(inline="always")
def _step(b, e, c, pool, reserve, total, left_b, left_e, left_c, release, refill, pool_full, reserve_full, synthesis):
    """One ms of one cell without a spike."""
    e = e * left_e
    out = release * (e * e) * pool
    fill = refill * reserve if pool < pool_full else 0.0
    made = synthesis if reserve < reserve_full else 0.0
    return b * left_b, e, c * left_c, pool + (fill - out), reserve + (made - fill), total + out


@njit(error_model="numpy")
def _smooth(s, cells, left_b, left_e, left_c, release, refill, pool_full, reserve_full, synthesis):
    """One ms. Rows of ``s``: broadening, fast and slow calcium, pool, reserve, released."""
    for i in range(cells):
        b, e, c, pool = s[i], s[_W + i], s[2 * _W + i], s[3 * _W + i]
        reserve, total = s[4 * _W + i], s[5 * _W + i]
        b, e, c, pool, reserve, total = _step(
            b, e, c, pool, reserve, total, left_b, left_e, left_c, release, refill, pool_full, reserve_full, synthesis
        )
        s[i], s[_W + i], s[2 * _W + i], s[3 * _W + i] = b, e, c, pool
        s[4 * _W + i], s[5 * _W + i] = reserve, total


@njit(error_model="numpy")
def _smooth_four(s, cells, left_b, left_e, left_c, release, refill, pool_full, reserve_full, synthesis):
    """Four ms, each cell in registers meanwhile."""
    for i in range(cells):
        b, e, c, pool = s[i], s[_W + i], s[2 * _W + i], s[3 * _W + i]
        reserve, total = s[4 * _W + i], s[5 * _W + i]
        b, e, c, pool, reserve, total = _step(
            b, e, c, pool, reserve, total, left_b, left_e, left_c, release, refill, pool_full, reserve_full, synthesis
        )
        b, e, c, pool, reserve, total = _step(
            b, e, c, pool, reserve, total, left_b, left_e, left_c, release, refill, pool_full, reserve_full, synthesis
        )
        b, e, c, pool, reserve, total = _step(
            b, e, c, pool, reserve, total, left_b, left_e, left_c, release, refill, pool_full, reserve_full, synthesis
        )
        b, e, c, pool, reserve, total = _step(
            b, e, c, pool, reserve, total, left_b, left_e, left_c, release, refill, pool_full, reserve_full, synthesis
        )
        s[i], s[_W + i], s[2 * _W + i], s[3 * _W + i] = b, e, c, pool
        s[4 * _W + i], s[5 * _W + i] = reserve, total


@njit(error_model="numpy")
def _flush(s, cells):
    """Set what has decayed to nothing to zero: denormal numbers are a hundred times slower."""
    for row in range(3):
        for i in range(row * _W, row * _W + cells):
            s[i] = s[i] if s[i] > _TINY else 0.0


@njit(cache=True, error_model="numpy", nogil=True)
def advance_cells(
    t,
    steps,
    times,
    cells,
    split,
    broadening,
    fast_calcium,
    slow_calcium,
    pools,
    reserves,
    released,
    constants,
    slow_exponent,
):
    """Move every cell from ``t`` over ``steps`` ms in place; return how many spikes met a cell.

    Spikes ``times`` (ms, int64) of ``cells`` (int64) are sorted by subject, then time; ``split`` (subject + 1) says
    where each subject begins. The five states are float64 (subject, cell); ``released`` (subject, cell) receives pg;
    ``constants`` float64 (14, subject or 1) in the order given in `equations`.
    """
    subjects, count = released.shape
    s = np.zeros(6 * _W)
    chunks = (count + _W - 1) // _W
    applied = 0
    for who in range(subjects):
        row = who if constants.shape[1] > 1 else 0
        left_b, left_e, left_c = constants[0, row], constants[1, row], constants[2, row]
        step_b, step_e, step_c = constants[3, row], constants[4, row], constants[5, row]
        base, fast, slow = constants[6, row], constants[7, row], constants[8, row]
        release, refill, pool_full = constants[9, row], constants[10, row], constants[11, row]
        reserve_full, synthesis = constants[12, row], constants[13, row]
        for chunk in range(chunks):
            first = chunk * count // chunks
            width = (chunk + 1) * count // chunks - first
            lanes = (width + 7) // 8 * 8  # whole vectors; what lies beyond the last cell is empty and stays so
            s[:] = 0.0
            for i in range(width):
                s[i] = broadening[who, first + i]
                s[_W + i] = fast_calcium[who, first + i]
                s[2 * _W + i] = slow_calcium[who, first + i]
                s[3 * _W + i] = pools[who, first + i]
                s[4 * _W + i] = reserves[who, first + i]
            place, last = split[who], split[who + 1]
            now, end = t, t + steps
            while now < end:
                if now % _FLUSH_STEPS == 0:
                    _flush(s, width)
                stop = min(end, now - now % _FLUSH_STEPS + _FLUSH_STEPS)
                while place < last and not first <= cells[place] < first + width:
                    place += 1
                if place < last:
                    stop = min(stop, times[place] + 1)
                while now + 4 <= stop:
                    _smooth_four(s, lanes, left_b, left_e, left_c, release, refill, pool_full, reserve_full, synthesis)
                    now += 4
                while now < stop:
                    _smooth(s, lanes, left_b, left_e, left_c, release, refill, pool_full, reserve_full, synthesis)
                    now += 1
                while place < last and times[place] < now:
                    i = cells[place] - first
                    place += 1
                    if 0 <= i < width:
                        applied += 1
                        e, c = s[_W + i], s[2 * _W + i]
                        e5 = (e * e) * (e * e) * e
                        cn = c * c * c
                        if slow_exponent == 5:
                            cn = cn * (c * c)
                        calcium = (1 - e5 / (e5 + fast)) * (1 - cn / (cn + slow)) * (s[i] + base)
                        s[i] += step_b
                        s[_W + i] = e + step_e * calcium
                        s[2 * _W + i] = c + step_c * calcium
            for i in range(width):
                broadening[who, first + i] = s[i]
                fast_calcium[who, first + i] = s[_W + i]
                slow_calcium[who, first + i] = s[2 * _W + i]
                pools[who, first + i] = s[3 * _W + i]
                reserves[who, first + i] = s[4 * _W + i]
                released[who, first + i] = s[5 * _W + i]
    return applied
