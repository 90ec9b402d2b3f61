"""Equations of stimulus-secretion coupling, on arrays; the numpy twin of `kernel`.

Each ms: broadening b, fast calcium e and slow calcium c decay; the terminals release x = alpha e^2 p from the
releasable pool p; the reserve r refills the pool at beta r/r_max as long as p < p_max; synthesis tops up the reserve. A
spike then adds k_b to b and k_e, k_c times the calcium it lets in to e and c: (1 - h(e)) (1 - h(c)) (b + b_base), h
being Hill functions with exponents 5 and 3 (or 5). Equal order of operations gives the bits of the kernel.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import Floats

__all__ = ["FAST_EXPONENT", "advance_cells", "constants", "two_slopes"]

FAST_EXPONENT = 5
"""Hill exponent of the inhibition of calcium entry by fast calcium: part of the form of the model."""

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
    reserves: Floats,
    released: Floats,
    table: Floats,
    slow_exponent: int,
) -> int:
    """Move every cell from ``t`` over ``steps`` ms in place; arguments and result as in `kernel.advance_cells`."""
    left_b, left_e, left_c, step_b, step_e, step_c, base, fast, slow = table[:9, :, None]
    release, refill, pool_full, reserve_full, synthesis = table[9:, :, None]
    who = np.repeat(np.arange(len(split) - 1), np.diff(split))
    b, e, c, pool, reserve = broadening, fast_calcium, slow_calcium, pools, reserves
    released[...] = 0
    inside = (cells >= 0) & (cells < released.shape[1])
    for now in range(t, t + steps):
        if now % _FLUSH_STEPS == 0:
            b, e, c = (np.where(term > _TINY, term, 0) for term in (b, e, c))
        b, e, c = b * left_b, e * left_e, c * left_c
        out = release * (e * e) * pool
        fill = np.where(pool < pool_full, refill * reserve, 0)
        made = np.where(reserve < reserve_full, synthesis, 0)
        pool, reserve = pool + (fill - out), reserve + (made - fill)
        released += out
        hit = np.flatnonzero((times == now) & inside)
        s, i = who[hit], cells[hit]
        k = s if table.shape[1] > 1 else np.zeros_like(s)
        e0, c0 = e[s, i], c[s, i]
        e5, cn = (e0 * e0) * (e0 * e0) * e0, c0 * c0 * c0
        if slow_exponent == FAST_EXPONENT:
            cn = cn * (c0 * c0)
        calcium = (1 - e5 / (e5 + fast[k, 0])) * (1 - cn / (cn + slow[k, 0])) * (b[s, i] + base[k, 0])
        b[s, i] += step_b[k, 0]
        e[s, i] = e0 + step_e[k, 0] * calcium
        c[s, i] = c0 + step_c[k, 0] * calcium
    states = (broadening, fast_calcium, slow_calcium, pools, reserves)
    for given, value in zip(states, (b, e, c, pool, reserve), strict=True):
        given[...] = value
    return int(np.count_nonzero(inside))
