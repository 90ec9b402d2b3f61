"""Firing rates over the cells of one nucleus, against paraventricular units of the rat (DOI 10.1677/joe.0.0570477).

There, rates at rest ran from 0 to 9.4 spikes/s, were exponentially distributed, and 32 % of the units fired below 1/s.
Both peptides are in that sample, phasic cells included. Here every cell gets its own PSP rate, log-normal with a
standard deviation of the logarithm of 0.5 (assumed) and the mean held; nothing else differs between cells.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.evidence import load
from knuffel.validation.cells import Floats, record
from knuffel.validation.row import Row
from knuffel.validation.spiking import SETS

__all__ = ["figures", "rows"]

_CELLS, _SECONDS, _SPREAD, _UNITS = 4000, 60, 0.5, 100
"""Cells, length, spread of the input; and the size of a sample of units (the abstract gives none)."""


@lru_cache(maxsize=2)
def _rates(set_name: str) -> Floats:
    """Return the mean rate (spikes/s) of every cell."""
    found = record(set_name, None, _SECONDS, cells=_CELLS, rate_heterogeneity=_SPREAD)
    return np.bincount(found.cell, minlength=_CELLS) / _SECONDS


def _distance(rate: Floats) -> float:
    """Return the largest distance between the distribution of the rates and the exponential with their mean."""
    ordered = np.sort(rate)
    curve = -np.expm1(-ordered / ordered.mean())
    steps = np.arange(len(rate) + 1) / len(rate)
    return float(max((steps[1:] - curve).max(), (curve - steps[:-1]).max()))


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/rate_distribution.toml`."""
    found = []
    for set_name, label in SETS.items():
        rate = _rates(set_name)
        found += [
            Row(f"RD_{label}_below_1", float((rate < 1).mean())),
            Row(f"RD_{label}_highest", float(np.median(rate.reshape(-1, _UNITS).max(axis=1)))),
            Row(f"RD_{label}_exponential", _distance(rate)),
        ]
    return found


def figures() -> dict[str, Any]:
    """Return the rates of both sets with the exponential of equal mean, and the published share below 1/s."""
    from matplotlib.figure import Figure

    targets = load.targets()
    published = targets["RD_oxytocin_below_1"].published
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    edges = np.arange(0, 12.1, 0.5)
    for set_name in SETS:
        rate = _rates(set_name)
        left.hist(rate, edges, weights=np.full(len(rate), 100 / len(rate)), histtype="step", label=set_name)
        (line,) = right.plot(np.sort(rate), np.arange(1, len(rate) + 1) / len(rate), label=set_name)
        grid = np.linspace(0, 12, 200)
        label = f"exponential with its mean, {rate.mean():.2f}/s"
        right.plot(grid, -np.expm1(-grid / rate.mean()), ":", color=line.get_color(), label=label)
    right.plot([1], [published], "ko", label="published: 32 % below 1/s")
    highest = targets["RD_oxytocin_highest"].published
    left.axvline(highest, color="black", linestyle=":", label=f"published: highest rate, {highest:g}/s")
    left.set(xlabel="spikes/s", ylabel="cells (%)")
    right.set(xlabel="spikes/s", ylabel="share of cells at or below")
    left.legend(fontsize="small", framealpha=1, edgecolor="none")
    right.legend(fontsize="small", frameon=False)
    return {"rate_distribution": figure}
