"""Compiled integration of uterine cells: linearly implicit Euler steps, extrapolated, with step and order control.

The method is that of Deuflhard, Hairer and Zugck (DOI 10.1007/BF01408568). A step H is done with 1, 2, 3 … sub-steps,
each y <- y + (1 - hJ)^-1 h f(y) with one J for the step; extrapolation to h = 0 gives row k the order k. J is an arrow:
a gate depends on itself, V and Ca alone, so gates, store and messenger are eliminated and two equations remain. All
cells are independent of each other: a batch has the bits of single runs. Nothing is compiled at import.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

from math import isfinite, sqrt

import numpy as np
from numba import njit

from knuffel.body.methods import (
    EXTRAPOLATION_GROWTH,
    EXTRAPOLATION_RETREAT,
    EXTRAPOLATION_SAFETY,
    EXTRAPOLATION_WORTH,
)
from knuffel.body.uterus.cell.equations import assemble, derivatives, openings, prepare
from knuffel.body.uterus.cell.gates import gate_count
from knuffel.body.uterus.cell.layout import (
    CA,
    DERIVED,
    J_MAX,
    K_REL,
    MESSENGER,
    PACKED,
    SPIKE,
    STATES,
    STORE,
    TAU_P,
    TAU_S,
    V,
    W,
)

__all__ = ["MEASURES", "STATUS", "integrate", "slopes"]

STATUS = ("", "a step shrank to nothing", "the state is not finite", "calcium is not above 0", "too many steps")
MEASURES = 9
"""V max (mV) and its time, V min and time, Ca max (mM) and time, w max and time, accepted steps."""

_LAST = 12  # rows of the tableau
_FIRST = 2
_FULL = 16
_OPEN = 13


@njit(cache=True, error_model="numpy")
def slopes(y, stimulus, effect, given):
    """Return the slopes (`STATES`,) of a state under a stimulus (pA/pF) and a receptor effect; see `equations`."""
    p, dydt, z, inf, rate = (
        np.empty(PACKED + DERIVED),
        np.empty(STATES),
        np.empty(STATES),
        np.zeros(STATES),
        np.zeros(STATES),
    )
    prepare(given, effect, p)
    derivatives(y, stimulus, p, z, inf, rate, np.zeros(_FULL), np.zeros(_OPEN), dydt)
    return dydt


@njit(cache=True, error_model="numpy")
def _f(y, stimulus, p, work, dydt):
    derivatives(y, stimulus, p, work[0], work[1], work[2], work[3][:_FULL], work[4][:_OPEN], dydt)


@njit(cache=True, error_model="numpy")
def _jacobian(y, f0, stimulus, p, work, gates, columns, on_core, diagonal):
    """Fill the arrow: d/dV and d/dCa of all, (2, `STATES`); of V' and Ca' by each gate, (2, `STATES`); the diagonal.

    ``work`` holds what the slopes ``f0`` at ``y`` were made of. V' and Ca' are sums of products of gates, of third
    degree at most, so differences with a fixed small step serve.
    """
    full, opened, changed = work[3][:_FULL], work[4][:_OPEN], work[5]
    for gate in range(W, gates):
        diagonal[gate] = -work[2][gate]
        kept, moved = work[0][gate], 1e-6
        work[0][gate] = kept + moved
        openings(work[0], p, opened)
        assemble(work[0], stimulus, p, full, opened, changed)
        work[0][gate] = kept
        stuck = diagonal[gate] == 0.0
        on_core[0, gate] = 0.0 if stuck else (changed[V] - f0[V]) / moved
        on_core[1, gate] = 0.0 if stuck else (changed[CA] - f0[CA]) / moved
    point = work[6]
    for place in range(2):
        point[:] = y
        moved = 1e-5 if place == 0 else 1e-6 * y[CA]
        point[place] += moved
        _f(point, stimulus, p, work, columns[place])
        for i in range(STATES):
            columns[place, i] = (columns[place, i] - f0[i]) / moved


@njit(cache=True, error_model="numpy")
def _solve(h, y, p, gates, columns, on_core, diagonal, b):
    """Solve (1 - hJ) x = b in place. J of messenger and store is taken at ``y``, the start of the step."""
    b[MESSENGER] /= 1.0 + h / p[TAU_P]
    fed = h * p[K_REL]
    b[STORE] = (b[STORE] - fed * y[STORE] * b[MESSENGER]) / (1.0 + h / p[TAU_S] + fed * y[MESSENGER])
    a00, a01 = 1.0 - h * columns[0, V], -h * columns[1, V]
    a10, a11 = -h * columns[0, CA], 1.0 - h * columns[1, CA]
    r0 = b[V]
    r1 = b[CA] + h * p[J_MAX] * (y[STORE] * b[MESSENGER] + y[MESSENGER] * b[STORE])
    for gate in range(W, gates):
        inverse = 1.0 / (1.0 - h * diagonal[gate])
        g0, g1 = h * on_core[0, gate] * inverse, h * on_core[1, gate] * inverse
        r0 += g0 * b[gate]
        r1 += g1 * b[gate]
        a00 -= g0 * h * columns[0, gate]
        a01 -= g0 * h * columns[1, gate]
        a10 -= g1 * h * columns[0, gate]
        a11 -= g1 * h * columns[1, gate]
    determinant = a00 * a11 - a01 * a10
    b[V] = (a11 * r0 - a01 * r1) / determinant
    b[CA] = (a00 * r1 - a10 * r0) / determinant
    for gate in range(W, gates):
        coupled = h * (columns[0, gate] * b[V] + columns[1, gate] * b[CA])
        b[gate] = (b[gate] + coupled) / (1.0 - h * diagonal[gate])


@njit(cache=True, error_model="numpy")
def _row(k, h, y, f0, stimulus, p, work, gates, columns, on_core, diagonal, table):
    """Fill row ``k`` (from 1) of the tableau of increments and extrapolate it in place; False when calcium left 0."""
    sub, increment, point, slope = h / k, work[7], work[6], work[8]
    increment[:] = 0.0
    slope[:] = f0
    for part in range(k):
        if part > 0:
            point[:] = y + increment
            if not (point[CA] > 0 and abs(point[V]) < 1000):
                return False
            _f(point, stimulus, p, work, slope)
        slope *= sub
        _solve(sub, y, p, gates, columns, on_core, diagonal, slope)
        increment += slope
    # the new row goes into place 0; before, place j holds T(k-1, j+1)
    previous = work[9]
    previous[:] = table[0]
    table[0] = increment
    for column in range(1, k):
        factor = 1.0 / (k / (k - column) - 1.0)
        for i in range(STATES):
            older = previous[i]
            previous[i] = table[column, i]
            table[column, i] = table[column - 1, i] + (table[column - 1, i] - older) * factor
    return True


@njit(cache=True, error_model="numpy")
def _evaluations(k):
    """Slopes that a step with ``k`` rows asks for, with those of the Jacobian."""
    return 5 + k * (k + 1) // 2


@njit(cache=True, error_model="numpy")
def _error(y, difference, increment, rtol, atol):
    total = 0.0
    for i in range(STATES):
        scale = atol[i] + rtol * max(abs(y[i]), abs(y[i] + increment[i]))
        total += (difference[i] / scale) ** 2
    return sqrt(total / STATES)


@njit(cache=True, error_model="numpy")
def _hermite(x, h, y0, y1, s0, s1):
    """Return the value at the share ``x`` of a step of length ``h`` from values and slopes at its ends."""
    return y0 + x * h * s0 + x * x * (3 * (y1 - y0) - h * (2 * s0 + s1)) + x * x * x * (2 * (y0 - y1) + h * (s0 + s1))


@njit(cache=True, error_model="numpy")
def _extreme(sign, t, h, y0, y1, s0, s1, best, at):
    """Keep the largest of ``sign`` times the value in this step and its time; inside the step by halving the slope."""
    if sign * y1 > sign * best[at]:
        best[at], best[at + 1] = y1, t + h
    if sign * s0 > 0 and sign * s1 < 0:
        low, high = 0.0, 1.0
        for _ in range(40):
            x, moved = 0.5 * (low + high), 1e-6
            rising = _hermite(x + moved, h, y0, y1, s0, s1) - _hermite(x - moved, h, y0, y1, s0, s1)
            if sign * rising > 0:
                low = x
            else:
                high = x
        value = _hermite(low, h, y0, y1, s0, s1)
        if sign * value > sign * best[at]:
            best[at], best[at + 1] = value, t + low * h


@njit(cache=True, error_model="numpy")
def _crossing(level, t, h, y0, y1, s0, s1):
    low, high = 0.0, 1.0
    for _ in range(50):
        x = 0.5 * (low + high)
        if _hermite(x, h, y0, y1, s0, s1) < level:
            low = x
        else:
            high = x
    return t + low * h


@njit(cache=True, error_model="numpy")
def _one(given, y, times, kinds, stimuli, effects, rtol, atol, most, trace, spikes, measures):
    """Integrate one cell from ``times[0]`` in place; return what happened, when, and how many spikes there were.

    ``times`` are the samples and the edges, ascending; ``kinds`` the row of ``trace`` that a time fills, or -1;
    ``stimuli`` and ``effects`` hold from each time to the next.
    """
    p = np.empty(PACKED + DERIVED)
    work = np.zeros((11, STATES))
    table = np.zeros((_LAST + 1, STATES))
    columns, on_core, diagonal = np.zeros((2, STATES)), np.zeros((2, STATES)), np.zeros(STATES)
    f0, f1 = np.empty(STATES), np.empty(STATES)
    wanted, cost = np.ones(_LAST + 2), np.ones(_LAST + 2)
    t, h, target, count, steps, tried = times[0], 0.1, 5, 0, 0, 0
    measures[0] = measures[2] = y[V]
    measures[4], measures[6] = y[CA], y[W]
    measures[1] = measures[3] = measures[5] = measures[7] = t
    for piece in range(len(times)):
        if kinds[piece] >= 0:
            trace[kinds[piece]] = y
        if piece + 1 == len(times):
            break
        stimulus, end = stimuli[piece], times[piece + 1]
        prepare(given, effects[piece], p)
        gates = gate_count(p)
        _f(y, stimulus, p, work, f0)
        if piece > 0 and (stimuli[piece - 1] != stimulus or effects[piece - 1] != effects[piece]):
            h, target = min(h, 0.1), 5
        while t < end:
            # the rest of a piece is done in one step, or in two of equal length, never in a long and a tiny one
            whole = h >= end - t
            step = end - t if whole else min(h, 0.5 * (end - t)) if 2 * h > end - t else h
            if step <= 1e-12 * max(1.0, abs(t)) and not whole:
                return 1, t, count, V
            _f(y, stimulus, p, work, f0)
            _jacobian(y, f0, stimulus, p, work, gates, columns, on_core, diagonal)
            rejected = False
            while True:
                tried += 1
                if tried > most:
                    return 4, t, count, V
                accepted, used, before = False, 0, np.inf
                for k in range(1, min(target + 1, _LAST) + 1):
                    good = _row(k, step, y, f0, stimulus, p, work, gates, columns, on_core, diagonal, table)
                    if not good:
                        wanted[k] = EXTRAPOLATION_RETREAT * step
                        used = k
                        break
                    if k < _FIRST:
                        continue
                    difference, increment = work[10], table[k - 1]
                    difference[:] = increment - table[k - 2]
                    error = _error(y, difference, increment, rtol, atol)
                    used = k
                    if not isfinite(error):
                        wanted[k] = EXTRAPOLATION_RETREAT * step
                        break
                    grown = EXTRAPOLATION_SAFETY * max(error, 1e-10) ** (-1.0 / k)
                    wanted[k] = step * min(EXTRAPOLATION_GROWTH, max(0.1, grown))
                    cost[k] = _evaluations(k) / wanted[k]
                    if error <= 1.0:
                        accepted = y[CA] + increment[CA] > 0
                        if accepted:
                            break
                    if k > 3 and error > 2.0 * before and error > 1.0:  # extrapolation diverges: the step is too long
                        break
                    before = error
                if accepted:
                    break
                rejected, whole = True, False
                step = min(0.5 * step, max(wanted[used], 0.1 * step))
                if not step > 1e-12 * max(1.0, abs(t)):
                    failing = V
                    for i in range(STATES):
                        if not isfinite(f0[i]):
                            failing = i
                    if not isfinite(f0[failing]):
                        return 2, t, count, failing
                    return (3, t, count, CA) if y[CA] + table[0, CA] <= 0 else (1, t, count, V)
            work[6][:] = y
            y += table[used - 1]
            _f(y, stimulus, p, work, f1)
            y[:] = work[0]  # instantaneous gates stand at their steady state
            if not isfinite(y[V]):
                return 2, t, count, V
            y0 = work[6]
            _extreme(1.0, t, step, y0[V], y[V], f0[V], f1[V], measures, 0)
            _extreme(-1.0, t, step, y0[V], y[V], f0[V], f1[V], measures, 2)
            _extreme(1.0, t, step, y0[CA], y[CA], f0[CA], f1[CA], measures, 4)
            _extreme(1.0, t, step, y0[W], y[W], f0[W], f1[W], measures, 6)
            if y0[V] < p[SPIKE] <= y[V]:
                if count < len(spikes):
                    spikes[count] = _crossing(p[SPIKE], t, step, y0[V], y[V], f0[V], f1[V])
                count += 1
            steps += 1
            t = end if whole else t + step
            best = used  # the order with the least work for each ms, or one more when the highest was the best
            for k in range(_FIRST, used):
                if cost[k] < EXTRAPOLATION_WORTH * cost[best]:
                    best = k
            following = wanted[best]
            if best == used and used < _LAST and used >= target - 1 and not rejected:
                best = used + 1
                following = wanted[used] * _evaluations(best) / _evaluations(used)
            target = max(3, min(best, _LAST - 1))
            if rejected:
                following = min(following, step)
            # a step cut short by a sample says little about the next one
            h = max(following, h) if whole and used <= 3 else following
    measures[8] = steps
    return 0, t, count, V


@njit(cache=True, error_model="numpy", nogil=True)
def integrate(given, state, times, kinds, stimuli, effects, rtol, atol, most, trace, spikes, measures, ended):
    """Integrate a batch, in place. First axis of all but ``times``, ``kinds``, ``atol``: the cell.

    ``given`` (cell, `PACKED`), ``state`` (cell, `STATES`), ``times`` (time,) in ms with the row of the trace that each
    fills or -1 in ``kinds``, ``stimuli`` (pA/pF) and ``effects`` (cell, time) from each time to the next, ``trace``
    (cell, row, `STATES`), ``spikes`` (cell, most spikes) in ms, ``measures`` (cell, `MEASURES`), ``ended`` (cell, 4):
    place in `STATUS`, time, number of spikes, place of the state that failed.
    """
    for cell in range(len(given)):
        status, t, count, failing = _one(
            given[cell], state[cell], times, kinds, stimuli[cell], effects[cell], rtol, atol, most, trace[cell],
            spikes[cell], measures[cell],
        )  # fmt: skip
        ended[cell, 0], ended[cell, 1], ended[cell, 2], ended[cell, 3] = status, t, count, failing
