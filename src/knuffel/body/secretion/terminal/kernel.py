"""The compiled loop of stimulus-secretion coupling: the cells of a subject side by side, 1 ms at a time.

Between spikes everything is smooth: one branch-free pass over the cells for each ms. Calcium entry is computed only for
the cells that spike in that ms. Cells are copied in chunks of `WIDTH` into scratch rows that stay in the cache.

`equations` is the numpy twin: equal bits. Nothing is compiled at import; the first call compiles and fills the cache.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["WIDTH", "advance_cells"]

WIDTH = 256
_W = WIDTH
_FLUSH_STEPS = 64
_TINY = 1e-60


@njit(error_model="numpy")
def _smooth(  # type: ignore[no-untyped-def]
    s, cells, left_b, left_e, left_c, release, refill, pool_full, reserve_full, synthesis
):
    """One ms without spikes. Rows of ``s``: broadening, fast and slow calcium, pool, reserve, released."""
    for i in range(cells):
        e = s[_W + i] * left_e
        pool = s[3 * _W + i]
        reserve = s[4 * _W + i]
        out = release * (e * e) * pool
        fill = refill * reserve if pool < pool_full else 0.0
        made = synthesis if reserve < reserve_full else 0.0
        s[i] = s[i] * left_b
        s[_W + i] = e
        s[2 * _W + i] = s[2 * _W + i] * left_c
        s[3 * _W + i] = pool + (fill - out)
        s[4 * _W + i] = reserve + (made - fill)
        s[5 * _W + i] += out


@njit(error_model="numpy")
def _flush(s, cells):  # type: ignore[no-untyped-def]
    """Set what has decayed to nothing to zero: denormal numbers are a hundred times slower."""
    for row in range(3):
        for i in range(row * _W, row * _W + cells):
            s[i] = s[i] if s[i] > _TINY else 0.0


@njit(cache=True, error_model="numpy", nogil=True)
def advance_cells(  # type: ignore[no-untyped-def]
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
    """Move every cell from ``t`` over ``steps`` ms in place.

    Spikes ``times`` (ms, int64) of ``cells`` (int64) are sorted by subject, then time; ``split`` (subject + 1) says
    where each subject begins. The five states are float64 (subject, cell); ``released`` (subject, cell) receives pg;
    ``constants`` float64 (14, subject or 1) in the order given in `equations`.
    """
    subjects, count = released.shape
    s = np.zeros(6 * _W)
    chunks = (count + _W - 1) // _W
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
            for i in range(width):
                s[i] = broadening[who, first + i]
                s[_W + i] = fast_calcium[who, first + i]
                s[2 * _W + i] = slow_calcium[who, first + i]
                s[3 * _W + i] = pools[who, first + i]
                s[4 * _W + i] = reserves[who, first + i]
                s[5 * _W + i] = 0.0
            place, last = split[who], split[who + 1]
            for now in range(t, t + steps):
                if now % _FLUSH_STEPS == 0:
                    _flush(s, width)
                _smooth(s, width, left_b, left_e, left_c, release, refill, pool_full, reserve_full, synthesis)
                while place < last and times[place] <= now:
                    i = cells[place] - first
                    place += 1
                    if 0 <= i < width:
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
