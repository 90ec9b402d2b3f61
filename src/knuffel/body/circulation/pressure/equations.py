"""The fall of mean arterial pressure after a dose, one grid step at a time.

    dCe/dt = ke0 (C(t - delay) - Ce)                   each drug has its own effect site
    h      = a Ce^2/(EC50^2 + Ce^2)                    a = 1 for oxytocin
    e      = E_max (1 - z) (h_oxytocin + h_carbetocin)
    dz/dt  = k_on e/E_max (1 - z) - k_off z            tolerance, one for both drugs

The grid is one of absolute time. What enters the delay at a grid step is the mean of the concentration over that step,
taken along a straight line between the ends of each engine interval, so the dose that reaches the vessels does not
depend on how time is cut. Over one step C is constant and Ce is exact; z moves with the mean e of the step, by the
trapezoidal rule: a step is short against its minutes.

Plain Python on scalars: `kernel` compiles `advance_vessels`, line for line.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from knuffel.body.contract import Floats

__all__ = ["DRUGS", "advance_vessels", "constants", "fall", "response"]

DRUGS = 2
"""Columns of every array with an axis for the drug: oxytocin, carbetocin."""


def constants(parameters: Any) -> Floats:
    """Return what the loop needs, (row, subject) or (row, 1) when subjects do not differ: rates 1/s, pg/mL, 1, mmHg."""
    p = parameters
    half = np.asarray(p.half_effective_concentration)
    rows = (
        p.equilibration_rate, half, half * p.carbetocin_potency_ratio, p.carbetocin_ceiling,
        p.tolerance_onset, p.tolerance_recovery, p.maximum_fall,
    )  # fmt: skip
    return np.stack(np.broadcast_arrays(*[np.atleast_1d(np.asarray(row, dtype=np.float64)) for row in rows]))


def response(site: Floats, table: Floats) -> Floats:
    """Return h summed over the drugs, (subject,), for concentrations at the effect site (subject, drug) in pg/mL."""
    squares = site * site
    oxytocin = squares[:, 0] / (table[1] * table[1] + squares[:, 0])
    carbetocin = squares[:, 1] / (table[2] * table[2] + squares[:, 1])
    return np.asarray(oxytocin + table[3] * carbetocin)


def fall(site: Floats, tolerance: Floats, table: Floats) -> Floats:
    """Return e in mmHg, (subject,)."""
    return np.asarray(table[6] * (1 - tolerance) * response(site, table))


def advance_vessels(
    t: int,
    dt: int,
    step: int,
    start: Floats,
    end: Floats,
    table: Floats,
    line: Floats,
    partial: Floats,
    site: Floats,
    tolerance: Floats,
) -> None:
    """Move every subject over (t, t + dt] ms on a grid of ``step`` ms; arrays change in place.

    ``start`` and ``end`` (subject, drug) of the concentration, which goes straight in between, pg/mL; ``table`` of
    `constants`. ``line`` (subject, drug, slot): mean concentration of the last grid steps, a ring whose place is the
    number of the step modulo the slots; ``partial`` (subject, drug): integral over the part of the grid step that has
    passed, pg/mL ms; ``site`` (subject, drug) pg/mL; ``tolerance`` (subject,).
    """
    slots, seconds = line.shape[2], step / 1000
    for row in range(site.shape[0]):
        own = table[:, row if table.shape[1] > 1 else 0]
        rate, onset, recovery, ceiling = own[0], own[4], own[5], own[3]
        half, half_other = own[1] * own[1], own[2] * own[2]
        keep = math.exp(-rate * seconds)
        first, second = site[row, 0], site[row, 1]
        slope, slope_other = (end[row, 0] - start[row, 0]) / dt, (end[row, 1] - start[row, 1]) / dt
        other = second > 0 or start[row, 1] > 0 or end[row, 1] > 0 or partial[row, 1] > 0 or line[row, 1].max() > 0
        before = first * first / (half + first * first) + ceiling * second * second / (half_other + second * second)
        now, grid = t, t // step
        place = grid % slots
        while now < t + dt:
            until = min((grid + 1) * step, t + dt)
            middle, length = ((now - t) + (until - t)) / 2, until - now
            partial[row, 0] += (start[row, 0] + slope * middle) * length
            if other:
                partial[row, 1] += (start[row, 1] + slope_other * middle) * length
            if until == (grid + 1) * step:
                oldest = place + 1 if place + 1 < slots else 0
                line[row, 0, place], partial[row, 0] = partial[row, 0] / step, 0.0
                arrived = line[row, 0, oldest]
                first = arrived + (first - arrived) * keep
                after = first * first / (half + first * first)
                if other:
                    line[row, 1, place], partial[row, 1] = partial[row, 1] / step, 0.0
                    arrived = line[row, 1, oldest]
                    second = arrived + (second - arrived) * keep
                    after += ceiling * second * second / (half_other + second * second)
                rise = onset * 0.5 * (before + after) * (1 - tolerance[row])
                both = rise + recovery
                if both > 0:
                    aim = rise / both
                    moved = both * seconds
                    tolerance[row] = aim + (tolerance[row] - aim) * (2 - moved) / (2 + moved)
                before, place, grid = after, oldest, grid + 1
            now = until
        site[row, 0], site[row, 1] = first, second
