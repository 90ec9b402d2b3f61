"""The terminal phase: the straight end of a curve on a logarithmic scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["FEWEST", "Terminal", "terminal_phase"]

Floats = npt.NDArray[np.float64]

FEWEST = 3
"""Samples that a terminal phase needs."""

_TIE = 1e-4


@dataclass(frozen=True)
class Terminal:
    """A terminal phase: ``rate`` (1/time), r squared plain and adjusted, and how many samples it rests on."""

    rate: float
    r_squared: float
    adjusted_r_squared: float
    points: int

    @property
    def half_life(self) -> float:
        """Return the half-life in the unit of time."""
        return float(np.log(2) / self.rate)


def terminal_phase(time: Floats, level: Floats) -> Terminal | None:
    """Return the line through the logarithms of the last samples (all levels above zero) that fits best.

    Of the last 3, 4, ... samples those with the largest adjusted r squared are taken; more samples win while they stay
    within 1e-4 of it. None when there are fewer than three samples or the levels do not fall.
    """
    if len(time) < FEWEST:
        return None
    # From the end, and relative to it, so that the sums stay small.
    x, y = (time - time[-1])[::-1], np.log(level / level[-1])[::-1]
    count = np.arange(1, len(x) + 1, dtype=np.float64)
    sum_x, sum_y = np.cumsum(x), np.cumsum(y)
    spread_x = np.cumsum(x * x) - sum_x**2 / count
    spread_y = np.cumsum(y * y) - sum_y**2 / count
    shared = np.cumsum(x * y) - sum_x * sum_y / count
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = shared / spread_x
        r_squared = np.clip(shared**2 / (spread_x * spread_y), 0, 1)
        adjusted = 1 - (1 - r_squared) * (count - 1) / (count - 2)
    sound = (count >= FEWEST) & (slope < 0) & (spread_y > 0) & np.isfinite(adjusted)
    if not sound.any():
        return None
    best = adjusted[sound].max()
    place = int(np.flatnonzero(sound & (adjusted >= best - _TIE))[-1])
    return Terminal(float(-slope[place]), float(r_squared[place]), float(adjusted[place]), place + 1)
