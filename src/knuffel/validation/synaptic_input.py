"""The sum of the PSPs and of the AHPs against closed forms: mean, standard deviation, distance to threshold.

A Poisson train of PSPs of size a that decay with the time constant tau gives a mean of a (R_E - R_I) tau and a variance
of a^2 (R_E + R_I) tau/2. That is continuous time; in steps of 1 ms with the decay that the parameters were fitted
with, the mean is the same and the variance larger by 1/(1 - ln 2/(2 half-life)). Both are checked on running cells.
"""

from __future__ import annotations

from functools import lru_cache
from math import log, sqrt
from typing import Any

import numpy as np

from knuffel.body.neurons.integrate_and_fire.equations import psp_mean, psp_variance
from knuffel.validation.cells import Floats, parameters, running
from knuffel.validation.row import Row
from knuffel.validation.spiking import SETS

__all__ = ["figures", "rows"]

_CELLS, _SECONDS, _EVERY, _SETTLE = 256, 60, 40, 5000
"""Samples stand 40 ms apart, several half-lives of a PSP."""


@lru_cache(maxsize=2)
def _watched(set_name: str) -> tuple[Floats, float]:
    """Return samples of the summed PSPs (mV), shape (time, cell), and the mean AHP for each spike/s (mV)."""
    psp, ahp, spikes = [], [], 0
    runs = running(parameters(set_name), _CELLS, 1, -_SETTLE, _SECONDS * 1000, _EVERY)
    for place, (state, found) in enumerate(runs):
        if place * _EVERY >= _SETTLE:
            psp.append(state.psp[0].astype(np.float64))
            ahp.append(float(state.ahp.mean()))
            spikes += len(found)
    return np.array(psp), float(np.mean(ahp)) / (spikes / _CELLS / _SECONDS)


def _expected(set_name: str) -> tuple[float, float, float, float]:
    """Return mean and SD (mV) of the sum in continuous time, its SD in steps of 1 ms, threshold above rest (mV)."""
    p = parameters(set_name)
    numbers = (p.psp_size, p.psp_rate, p.psp_rate * p.inhibition_ratio, p.psp_half_life)
    variance = psp_variance(*numbers)
    stepped = variance / (1 - log(2) / p.psp_half_life / 2)
    return psp_mean(*numbers), sqrt(variance), sqrt(stepped), p.threshold - p.resting_potential


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/synaptic_input.toml`."""
    found = []
    for set_name, label in SETS.items():
        mean, spread, stepped, gap = _expected(set_name)
        psp, ahp = _watched(set_name)
        found += [
            Row(f"SI_{label}_mean", mean),
            Row(f"SI_{label}_spread", spread),
            Row(f"SI_{label}_distance", (gap - mean) / spread),
            Row(f"SI_{label}_run_mean", float(psp.mean())),
            Row(f"SI_{label}_run_spread", float(psp.std()) / stepped),
            Row(f"SI_{label}_ahp", ahp),
        ]
    return found


def figures() -> dict[str, Any]:
    """Return the distribution of the summed PSPs beside the normal curve of the closed form, with the threshold."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.5), layout="constrained")
    for axes, set_name in zip(figure.subplots(1, 2), SETS, strict=True):
        mean, _, stepped, gap = _expected(set_name)
        psp, _ = _watched(set_name)
        grid = np.linspace(mean - 5 * stepped, mean + 5 * stepped, 200)
        axes.hist(psp.ravel(), bins=80, range=(grid[0], grid[-1]), density=True, color="tab:blue", alpha=0.5)
        curve = np.exp(-(((grid - mean) / stepped) ** 2) / 2) / (stepped * sqrt(2 * np.pi))
        axes.plot(grid, curve, "k:", label="closed form, as a normal curve")
        axes.axvline(gap, color="tab:red", label="threshold without afterpotentials")
        axes.plot([], [], color="tab:blue", alpha=0.5, linewidth=6, label="running cells")
        axes.set(xlabel="sum of the PSPs (mV above rest)", ylabel="density (1/mV)", title=set_name)
        axes.set_ylim(top=1.55 * axes.get_ylim()[1])
        axes.legend(fontsize="small", frameon=False, loc="upper left")
    return {"synaptic_input": figure}
