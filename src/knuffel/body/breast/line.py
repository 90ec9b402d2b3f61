"""The way from mixed plasma to the gland: levels on a grid of absolute time, handed out after a delay.

What arrives at a grid time is the level that plasma had ``slots`` - 1 grid steps before. The line is a ring: the place
of a grid time is its number modulo the slots, so that nothing depends on how time is cut into intervals.
"""

from __future__ import annotations

import numpy as np

from knuffel.body.contract import Floats, Ints

__all__ = ["grid_times", "on_grid"]


def grid_times(t: int, dt: int, step: int) -> Ints:
    """Return the numbers of the grid times in (t, t + dt] (ms); grid time k is at k ``step`` ms."""
    return np.arange(t // step + 1, (t + dt) // step + 1, dtype=np.int64)


def on_grid(start: Floats, end: Floats, t: int, dt: int, step: int) -> Floats:
    """Return a level that goes straight from ``start`` to ``end`` at the grid times, (subject, time)."""
    share = (grid_times(t, dt, step) * step - t) / dt
    # The end itself at the end: no rounding between one interval and the next.
    return np.where(share == 1, end[:, None], start[:, None] + (end - start)[:, None] * share)
