"""Equations of stimulus-secretion coupling, on arrays; the numpy twin of `kernel`.

Each ms: broadening b, fast calcium e and slow calcium c decay; the terminals release x = alpha e^2 p from the
releasable pool p; the reserve r refills the pool at beta r/r_max as long as p < p_max; synthesis tops up the reserve. A
spike then adds k_b to b and k_e, k_c times the calcium it lets in to e and c: (1 - h(e)) (1 - h(c)) (b + b_base), h
being Hill functions with exponents 5 and 3 (or 5).

Time is cut into blocks of eight ms (`BLOCK`), counted from time zero. The states b, e, c hold the value at the start of
the block: after k ms, b is worth b left^k, and what a spike adds is referred back to the start. That is the same decay,
but costs nothing between spikes. What the reserve gives to the pool is owed until the block ends; the reserve changes
by less than a millionth meanwhile, and nothing is lost. Equal order of operations gives the bits of the kernel.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import Floats

__all__ = ["BLOCK", "FAST_EXPONENT", "advance_cells", "constants", "left_in_block", "two_slopes"]

FAST_EXPONENT = 5
"""Hill exponent of the inhibition of calcium entry by fast calcium: part of the form of the model."""

BLOCK = 8
"""Milliseconds after which the reserve is brought up to date, counted from time zero."""

_FLUSH_STEPS = 64
_TINY = 1e-60


def constants(parameters: Any, slow_exponent: int, synthesis: Any) -> Floats:
    """Return what the loop needs, per ms: float64 (14, subject), or (14, 1) when subjects do not differ.

    Rows: left after one ms of b, e, c; steps of b, e, c; b_base; e_th and c_th to their exponents; alpha; beta/r_max;
    p_max; r_max; synthesis. ``synthesis`` is in pg/s.
    """
    p = parameters
    ln2 = math.log(2)
    rows = [
        1 - ln2 / p.broadening_half_life,
        1 - ln2 / p.fast_calcium_half_life,
        1 - ln2 / p.slow_calcium_half_life,
        p.broadening_step,
        p.fast_calcium_step,
        p.slow_calcium_step,
        p.basal_broadening,
        np.asarray(p.fast_calcium_threshold) ** FAST_EXPONENT,
        np.asarray(p.slow_calcium_threshold) ** slow_exponent,
        p.release_rate / 1000,
        p.refill_rate / 1000 / p.reserve_maximum,
        p.pool_maximum,
        p.reserve_maximum,
        synthesis / 1000,
    ]
    return np.stack(np.broadcast_arrays(*[np.atleast_1d(np.asarray(row, dtype=np.float64)) for row in rows]))


def left_in_block(table: Floats, release_exponent: int) -> Floats:
    """Return what is left after 0 … 8 ms of a block, float64 (4, 9, subject or 1), for the table of `constants`.

    Rows: b, e, c; the share of the pool that e at the start of the block releases in that ms, at e = 1.
    """
    place = np.arange(BLOCK + 1)[:, None]
    b, e, c = (table[row] ** place for row in range(3))
    return np.stack([b, e, c, table[9] * e**release_exponent])


def two_slopes(gland_rate: Any, tonic_slope: Any, burst_slope: Any, knee: Any) -> Any:
    """Return secretion (pg/s) into a person's blood for the rate of the modelled gland (pg/s).

    Tonic secretion up to ``knee`` and the bursts above it have their own factor, because one factor cannot serve both
    the resting level and the mass of a milk-ejection pulse. Assumed: our design.
    """
    return tonic_slope * np.minimum(gland_rate, knee) + burst_slope * np.maximum(gland_rate - knee, 0)


def advance_cells(
    t: int,
    steps: int,
    times: npt.NDArray[np.int64],
    cells: npt.NDArray[np.int64],
    split: npt.NDArray[np.int64],
    broadening: Floats,
    fast_calcium: Floats,
    slow_calcium: Floats,
    pools: Floats,
    owed: Floats,
    reserves: Floats,
    released: Floats,
    table: Floats,
    left: Floats,
    slow_exponent: int,
    release_exponent: int,
) -> int:
    """Move every cell from ``t`` over ``steps`` ms in place; arguments and result as in `kernel.advance_cells`."""
    step_b, step_e, step_c, base, fast, slow = table[3:9]
    refill, pool_full, reserve_full, synthesis = table[10:, :, None]
    who = np.repeat(np.arange(len(split) - 1), np.diff(split))
    b, e, c, pool, debt, reserve = broadening, fast_calcium, slow_calcium, pools, owed, reserves
    released[...] = 0
    pool_begun, debt_begun = pool, debt
    inside = (cells >= 0) & (cells < released.shape[1])
    for now in range(t, t + steps):
        if now % _FLUSH_STEPS == 0:
            b, e, c = (np.where(term > _TINY, term, 0) for term in (b, e, c))
        k = now % BLOCK + 1
        power = e * e if release_exponent == 2 else e * e * e
        out = power * left[3, k, :, None] * pool
        fill = np.where(pool < pool_full, refill * reserve, 0)
        pool, debt = (pool - out) + fill, debt + fill
        hit = np.flatnonzero((times == now) & inside)
        s, i = who[hit], cells[hit]
        row = s if table.shape[1] > 1 else np.zeros_like(s)
        left_b, left_e, left_c = left[:3, k, row]
        b, e, c = b.copy(), e.copy(), c.copy()
        now_e, now_c = e[s, i] * left_e, c[s, i] * left_c
        e5, cn = (now_e * now_e) * (now_e * now_e) * now_e, now_c * now_c * now_c
        if slow_exponent == FAST_EXPONENT:
            cn = cn * (now_c * now_c)
        calcium = (1 - e5 / (e5 + fast[row])) * (1 - cn / (cn + slow[row])) * (b[s, i] * left_b + base[row])
        b[s, i] += step_b[row] / left_b
        e[s, i] += step_e[row] * calcium / left_e
        c[s, i] += step_c[row] * calcium / left_c
        if k == BLOCK or now == t + steps - 1:
            released += (debt - debt_begun) - (pool - pool_begun)
        if k == BLOCK:
            b, e, c = (term * share[:, None] for term, share in zip((b, e, c), left[:3, BLOCK], strict=True))
            reserve = (reserve - debt) + np.where(reserve < reserve_full, BLOCK * synthesis, 0)
            debt = np.zeros_like(debt)
            pool_begun, debt_begun = pool, debt
    states = (broadening, fast_calcium, slow_calcium, pools, owed, reserves)
    for given, value in zip(states, (b, e, c, pool, debt, reserve), strict=True):
        given[...] = value
    return int(np.count_nonzero(inside))
