"""The firing rate for synaptic gains: a table on a fine regular grid, and the mean along the way between two inputs.

The table holds log(rate + a) over the square root of the gain of the excitation and the ratio of both gains, because
rates rise from nothing as a steep exponential and then nearly as a line. Plain Python on scalars: it runs as it stands
and is compiled, line for line, by `kernel`.
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


__all__ = ["SMALLEST", "fine_grid", "mean_rates", "rate_at"]

SMALLEST = 1e-3
"""a, in Hz: rates far below it are as good as none."""

_GAINS = 512
_RATIOS = 32


def fine_grid(gain: Floats, ratio: Floats, rate: Floats) -> tuple[Floats, float, float]:
    """Return log(rate + a) on a regular grid (ratio, root of the gain), and the steps of both axes.

    ``rate`` (ratio, gain) in Hz at ``ratio`` and ``gain``, which ascend from 0. Between the points: cubic and without
    overshoot (PCHIP, DOI 10.1137/0717021).
    """
    from scipy.interpolate import PchipInterpolator

    root = np.linspace(0, math.sqrt(gain[-1]), _GAINS + 1)
    ratios = np.linspace(0, ratio[-1], round(ratio[-1] * _RATIOS) + 1)
    rows = PchipInterpolator(np.sqrt(gain), np.log(rate + SMALLEST), axis=1)(root)
    grid: Floats = np.ascontiguousarray(PchipInterpolator(ratio, rows, axis=0)(ratios))
    return grid, float(ratios[1]), float(root[1])


@register_jitable
def rate_at(excitation: float, inhibition: float, grid: Floats, ratio_step: float, root_step: float) -> float:
    """Return the firing rate in Hz at two gains; beyond the largest ratio of the table it is that of the largest."""
    if excitation <= 0:
        return 0.0
    y = min(inhibition / excitation / ratio_step, grid.shape[0] - 1.0)
    x = min(math.sqrt(excitation) / root_step, grid.shape[1] - 1.0)
    i, j = min(int(y), grid.shape[0] - 2), min(int(x), grid.shape[1] - 2)
    v, u = y - i, x - j
    low = grid[i, j] + u * (grid[i, j + 1] - grid[i, j])
    high = grid[i + 1, j] + u * (grid[i + 1, j + 1] - grid[i + 1, j])
    return max(math.exp(low + v * (high - low)) - SMALLEST, 0.0)


def mean_rates(
    excitation: Floats,
    excitation_end: Floats,
    inhibition: Floats,
    inhibition_end: Floats,
    grid: Floats,
    ratio_step: float,
    root_step: float,
    rates: Floats,
) -> None:
    """Write the mean rate (Hz) of each subject while both gains move in a straight line (Simpson's rule)."""
    for who in range(len(rates)):
        first = rate_at(excitation[who], inhibition[who], grid, ratio_step, root_step)
        if excitation[who] == excitation_end[who] and inhibition[who] == inhibition_end[who]:
            rates[who] = first
            continue
        between = 0.5 * (excitation[who] + excitation_end[who]), 0.5 * (inhibition[who] + inhibition_end[who])
        middle = rate_at(between[0], between[1], grid, ratio_step, root_step)
        last = rate_at(excitation_end[who], inhibition_end[who], grid, ratio_step, root_step)
        rates[who] = (first + 4 * middle + last) / 6
