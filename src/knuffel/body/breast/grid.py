"""What all models of the breast do around their loop: the grid of time, the delay line, notices and checks."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.body.breast.line import grid_times, on_grid
from knuffel.body.breast.ports import COMMON_INPUTS, OUTPUTS, dose_ratio, perfusion
from knuffel.body.contract import Floats, Inputs, Outputs, Violation
from knuffel.errors import Notice

__all__ = ["gland_notices", "gland_violations", "loop", "moved", "outputs", "slots"]

_ROUNDING = 50  # one part in so many of the transit time may be lost to the grid
_STEEP = 6
_BALANCE = 1e9


def slots(parameters: Any, step: int) -> int:
    """Return how many levels the delay line holds on a grid of ``step`` ms."""
    return round(float(np.max(parameters.transit_time)) * 1000 / step) + 1


def gland_notices(parameters: Any, step: int) -> list[Notice]:
    """Return warnings about a transit time off the grid, and a very steep response."""
    found = []
    wanted = float(np.max(parameters.transit_time)) * 1000
    used = (slots(parameters, step) - 1) * step
    if abs(used - wanted) * _ROUNDING > wanted:
        text = f"the transit time of {wanted / 1000:g} s is taken as {used / 1000:g} s: whole steps of {step} ms"
        found.append(Notice("transit_time", text, "breast"))
    if (np.asarray(parameters.hill_exponent) > _STEEP).any():
        found.append(Notice("hill_exponent", "the response of the gland is steeper than any that is known", "breast"))
    return found


def moved(state: Any, inputs: Inputs, t: int, dt: int, step: int, parameters: Any) -> tuple[Any, ...] | None:
    """Return the first arguments of a loop: first grid time, step, levels, line, basal, flow, ratio.

    None when no grid time lies in the interval.
    """
    times = grid_times(t, dt, step)
    if not len(times):
        return None
    plasma, basal = COMMON_INPUTS[0].name, COMMON_INPUTS[1].name
    levels = on_grid(inputs.start(plasma), inputs.end(plasma), t, dt, step)
    flow = perfusion(inputs, parameters.arousal_perfusion)
    resting = np.ascontiguousarray(inputs.mean(basal), dtype=np.float64)
    return int(times[0]), step, levels, state.line, resting, flow, dose_ratio(inputs)


def outputs(state: Any, volume: Floats, taken: Floats) -> Outputs:
    """Return what all models give; ``volume`` in store and ``taken`` in this interval, (subject,) mL."""
    contraction, pressure, stored, flow, removed = (port.name for port in OUTPUTS)
    return {
        contraction: state.gland[:, 1].copy(),
        pressure: state.gland[:, 2].copy(),
        stored: volume,
        flow: taken,
        removed: state.removed.copy(),
    }


def gland_violations(state: Any, capacity: Any, stored: Floats, made: Floats) -> list[Violation]:
    """Return contractions outside 0 to 1, stores outside their limits, and milk that appeared or vanished."""
    contraction, tolerance = state.gland[:, 1], 1 / _BALANCE
    found = [
        Violation("contraction", int(row), f"is {contraction[row]:g}, outside 0 to 1")
        for row in np.flatnonzero((contraction < 0) | (contraction > 1))
    ]
    highest = np.broadcast_to(capacity, stored.shape)
    found += [
        Violation("milk in store", int(row), f"is {stored[row]:g} mL; the capacity is {highest[row]:g} mL")
        for row in np.flatnonzero((stored < -tolerance) | (stored > highest * (1 + tolerance)))
    ]
    missing = state.start_volume + made - state.removed - stored
    return found + [
        Violation("milk", int(row), f"balance is off by {missing[row]:g} mL")
        for row in np.flatnonzero(np.abs(missing) * _BALANCE > state.start_volume + made + 1)
    ]


@lru_cache(maxsize=2)
def loop(name: str) -> Any:
    """Return a compiled loop, or the plain function where numba is missing."""
    try:
        from knuffel.body.breast import kernel
    except ImportError:
        from knuffel.body.breast.human.equations import advance_breasts
        from knuffel.body.breast.rat.equations import advance_glands

        return {"advance_breasts": advance_breasts, "advance_glands": advance_glands}[name]
    return getattr(kernel, name)
