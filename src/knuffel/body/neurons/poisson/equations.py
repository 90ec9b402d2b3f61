"""Equations of the Poisson cell: plain Python on scalars, which `kernel` compiles as it stands."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.neurons.draws import philox

__all__ = ["advance_cells", "chance"]


def chance(rate: Any, dead_time: Any) -> npt.NDArray[np.float64]:
    """Return the chance of a spike in a ms after the dead time, so that the mean rate is ``rate`` (Hz).

    The mean interval is (d - 1) + 1/chance ms with d the dead time in whole ms, at least 1. A rate beyond one spike in
    each dead time gives the chance 1.
    """
    rate, dead_time = np.broadcast_arrays(np.asarray(rate, dtype=np.float64), dead_time)
    with np.errstate(divide="ignore"):
        free = np.maximum(1000 / rate - (np.maximum(dead_time, 1) - 1), 1)
    found: npt.NDArray[np.float64] = 1 / free
    return found


def advance_cells(
    t: int, steps: int, k0: Any, k1: Any, cells: int, index: Any, limit: Any, dead: Any, since: Any, spikes: Any
) -> int:
    """Move all cells over ``steps`` ms from ``t``; return how many spikes were written to ``spikes``.

    ``index``: places in the cohort; ``limit``: chance times 2**32, (subject, cell); ``dead``: dead time in whole ms,
    (subject,); ``since``: ms since the last spike, (subject, cell), changed. A spike is coded as
    (subject * steps + ms) * cells + cell. One block of Philox serves four ms of a cell.
    """
    found = 0
    for row in range(len(index)):
        for cell in range(cells):
            ago, wanted, pause = since[row, cell], limit[row, cell], dead[row]
            ms = 0
            while ms < steps:
                block = (t + ms) // 4
                words = philox(block & 0xFFFFFFFF, 0, cell, index[row] & 0xFFFFFFFF, k0, k1)
                for place in range((t + ms) - 4 * block, 4):
                    if ms == steps:
                        break
                    ago += 1
                    if float(words[place]) < wanted and ago >= pause:
                        ago = 0
                        spikes[found] = (row * steps + ms) * cells + cell
                        found += 1
                    ms += 1
            since[row, cell] = ago
    return found
