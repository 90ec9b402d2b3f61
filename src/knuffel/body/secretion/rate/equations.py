"""Slow calcium, releasable pool and reserve of a gland whose cells fire at a mean rate.

What happens within seconds is tabulated: for each spike, the mean square of fast calcium and the calcium let in, at
each rate and each openness h (what slow calcium leaves of the entry; the first goes with h squared, the second with h,
as long as fast calcium does not close the channels too). What is slower is integrated, in steps that end at whole
seconds and are exact for constant coefficients:

    dc/dt = k_c f h q(f, h) - lambda c          h = 1 - c^n / (c^n + c_th^n)
    dp/dt = F - alpha E p, not above p_max       E = f h^2 s(f, h),  F = beta r / r_max
    dr/dt = synthesis - refill                   refill = F, or what is released when the pool is full

Plain Python on scalars: it runs as it stands and is compiled, line for line, by `kernel`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from knuffel.body.contract import Floats

try:
    from numba.extending import register_jitable
except ImportError:  # the twin runs without numba

    def register_jitable(function: Any) -> Any:  # type: ignore[no-redef]
        """Return the function as it is."""
        return function


__all__ = ["advance_glands", "constants", "fine_grid", "openness_of", "pool_step"]

_ROOTS = 512
_OPENNESS = 16
_STEP = 1000


def constants(parameters: Any, slow_exponent: int, synthesis: Any) -> Floats:
    """Return what the loop needs, per second: float64 (9, subject), or (9, 1) when subjects do not differ.

    Rows: k_c; lambda; c_th to its exponent; alpha; beta/r_max; p_max; r_max; synthesis; knee. ``synthesis`` in pg/s.
    """
    p = parameters
    rows = [
        p.slow_calcium_step,
        -1000 * np.log1p(-math.log(2) / np.asarray(p.slow_calcium_half_life)),  # as the loop of 1 ms decays
        np.asarray(p.slow_calcium_threshold) ** slow_exponent,
        p.release_rate,
        p.refill_rate / np.asarray(p.reserve_maximum),
        p.pool_maximum,
        p.reserve_maximum,
        synthesis,
        p.burst_knee,
    ]
    return np.stack(np.broadcast_arrays(*[np.atleast_1d(np.asarray(row, dtype=np.float64)) for row in rows]))


def fine_grid(rate: Floats, openness: Floats, values: Floats) -> tuple[Floats, float, float, float]:
    """Return values (kind, ratio, openness, rate) on a regular grid, (kind, ratio, root of the rate, openness).

    Then the step of the root, the lowest openness and its step. Between the points: cubic, without overshoot (PCHIP),
    the logarithm along the rate.
    """
    from scipy.interpolate import PchipInterpolator

    roots = np.linspace(0, math.sqrt(rate[-1]), _ROOTS + 1)
    fine = np.linspace(openness[0], openness[-1], _OPENNESS + 1)
    along = np.exp(PchipInterpolator(np.sqrt(rate), np.log(values), axis=3)(roots))
    grid = PchipInterpolator(openness, along, axis=2)(fine).swapaxes(2, 3)
    return np.ascontiguousarray(grid), float(roots[1]), float(fine[0]), float(fine[1] - fine[0])


@register_jitable
def openness_of(calcium: float, threshold: float, slow_exponent: int) -> float:
    """Return what slow calcium leaves of the entry; ``threshold`` to the power of ``slow_exponent`` (3 or 5)."""
    power = calcium * calcium * calcium
    if slow_exponent > 3:
        power = power * (calcium * calcium)
    return threshold / (threshold + power)


@register_jitable
def pool_step(pool: float, full: float, fill: float, loss: float, seconds: float) -> tuple[float, float]:
    """Return the pool (pg) after some seconds and what it released (pg).

    ``fill`` in pg/s as long as the pool is not full; ``loss`` is the share released per second. A full pool stays full
    as long as refill can make up for release.
    """
    if pool >= full and loss * pool <= fill:
        return pool, loss * pool * seconds
    gone = loss * seconds
    mean = -math.expm1(-gone) / gone if gone > 0 else 1.0
    later = pool * math.exp(-gone) + fill * seconds * mean
    if later <= full:
        return later, fill * seconds - (later - pool)
    gap = full - pool
    reach = math.log1p(loss * gap / (fill - loss * full)) / loss if loss > 0 else gap / fill
    return full, fill * reach - gap + loss * full * (seconds - reach)


def advance_glands(
    t: int,
    dt: int,
    rates: Floats,
    ratios: Floats,
    slow_calcium: Floats,
    pools: Floats,
    reserves: Floats,
    released: Floats,
    above: Floats,
    table: Floats,
    slow_exponent: int,
    grid: Floats,
    root_step: float,
    lowest: float,
    open_step: float,
    ratio_axis: Floats,
) -> None:
    """Move every gland from ``t`` over ``dt`` ms in place, at constant ``rates`` (Hz) and gain ``ratios``.

    Arrays are (subject,), ``table`` from `constants`, ``grid`` and its steps from `fine_grid`. ``released`` receives
    what was released (pg), ``above`` the part of it above the knee, judged over each step.
    """
    squares, entries = np.empty(grid.shape[3]), np.empty(grid.shape[3])
    for who in range(len(rates)):
        row = who if table.shape[1] > 1 else 0
        step, decay, threshold, loss, refill, full, most, made, knee = table[:, row]
        rate = rates[who]
        x = min(math.sqrt(rate) / root_step, grid.shape[2] - 1.0)
        j = min(int(x), grid.shape[2] - 2)
        i = 0
        while i < len(ratio_axis) - 2 and ratios[who] >= ratio_axis[i + 1]:
            i += 1
        v = (ratios[who] - ratio_axis[i]) / (ratio_axis[i + 1] - ratio_axis[i])
        u, v = x - j, min(max(v, 0.0), 1.0)
        for k in range(grid.shape[3]):
            for kind in range(2):
                low = grid[kind, i, j, k] + u * (grid[kind, i, j + 1, k] - grid[kind, i, j, k])
                high = grid[kind, i + 1, j, k] + u * (grid[kind, i + 1, j + 1, k] - grid[kind, i + 1, j, k])
                value = rate * (low + v * (high - low))
                if kind == 0:
                    squares[k] = value
                else:
                    entries[k] = value
        calcium, pool, reserve = slow_calcium[who], pools[who], reserves[who]
        total, beyond = 0.0, 0.0
        now, end = t, t + dt
        while now < end:
            stop = min(end, (now // _STEP + 1) * _STEP)
            seconds = (stop - now) / 1000
            opened = openness_of(calcium, threshold, slow_exponent)
            y = min(max((opened - lowest) / open_step, 0.0), grid.shape[3] - 1.0)
            k = min(int(y), grid.shape[3] - 2)
            w = y - k
            square = opened * opened * (squares[k] + w * (squares[k + 1] - squares[k]))
            entry = opened * (entries[k] + w * (entries[k + 1] - entries[k]))
            settled = step * entry / decay
            calcium = settled + (calcium - settled) * math.exp(-decay * seconds)
            later, out = pool_step(pool, full, refill * reserve, loss * square, seconds)
            used = later - pool + out
            pool = later
            reserve = min(reserve + made * seconds - used, max(most, reserve))
            total += out
            beyond += max(out - knee * seconds, 0.0)
            now = stop
        slow_calcium[who], pools[who], reserves[who] = calcium, pool, reserve
        released[who], above[who] = total, beyond
