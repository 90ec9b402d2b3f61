"""Single precision against double: does the float32 of the compiled cells cost anything that shows?

Membrane terms are float32, because twice as many cells then fit into one instruction. The numpy twin of the kernel runs
the same draws in float64; whatever differs is rounding. Compared are the spikes themselves, and what is read off
them: rate, interspike intervals, dispersion of counts, secretion (always float64).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.analysis import spikes
from knuffel.body.neurons.integrate_and_fire import equations
from knuffel.engine.random import Streams
from knuffel.validation.cells import (
    Floats,
    Recording,
    parameters,
    released,
    running,
)
from knuffel.validation.row import Row
from knuffel.validation.spiking import SETS

__all__ = ["figures", "rows"]

_CELLS, _SECONDS, _SETTLE = 1000, 16, 4
"""The twin takes about 0.1 us per cell and ms: this is what a few seconds allow."""


@lru_cache(maxsize=4)
def _run(set_name: str, double: bool) -> tuple[Recording, Floats]:
    """Return the spikes of all cells and the PSPs and AHPs (mV) they end with, by the kernel or by its double twin."""
    p = parameters(set_name)
    begin, end = -_SETTLE * 1000, _SECONDS * 1000
    if double:
        excitation = np.full(_CELLS, p.psp_rate / 1000)
        tables = equations.count_tables(excitation, excitation * p.inhibition_ratio)
        table = equations.constants(p, "fitted").astype(np.float64)
        half_lives = (p.psp_half_life, p.hap_half_life, p.ahp_half_life, p.dap_half_life)
        table[:4, 0] = [equations.decay_factor(each, "fitted") for each in half_lives]  # not rounded to float32
        states = [np.zeros(_CELLS) for _ in half_lives] + [np.full(_CELLS, float(p.refractory_period))]
        where = (Streams(1, "neurons")("synaptic input").key, _CELLS, np.zeros(1, dtype=np.int64))
        codes = equations.advance_lanes(begin, end - begin, *where, states, table, tables, precision=np.float64)
        time, cell = codes // _CELLS + begin, codes % _CELLS
        terms = np.array([states[0], states[2]])
    else:
        runs = list(running(p, _CELLS, 1, begin, end, 1000))
        time, cell = (np.concatenate([getattr(events, name) for _, events in runs]) for name in ("time", "index"))
        terms = np.array([runs[-1][0].psp[0], runs[-1][0].ahp[0]], dtype=np.float64)
    kept = time >= 0
    return Recording(time[kept], cell[kept], _CELLS, _SECONDS, float(p.psp_rate)), terms


def _shared(one: Recording, other: Recording) -> float:
    """Return the share of all spikes that both have, the same cell in the same ms."""
    here, there = (found.time * _CELLS + found.cell for found in (one, other))
    return len(np.intersect1d(here, there)) / max(len(here), len(there))


def _mode(recording: Recording) -> float:
    return spikes.interval_mode(*spikes.interval_histogram(recording.intervals))


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/precision.toml`."""
    found = []
    for set_name, label in SETS.items():
        (single, rounded), (double, exact) = (_run(set_name, each) for each in (False, True))
        pairs = {
            "rate": (single.rate, double.rate),
            "variation": tuple(spikes.coefficient_of_variation(each.intervals) for each in (single, double)),
            "dispersion": tuple(float(each.dispersion((1000,))[0]) for each in (single, double)),
            "secretion": tuple(float(released(each).sum()) for each in (single, double)),
        }
        found += [
            Row(f"PR_{label}_membrane", float(np.abs(rounded - exact).max())),
            Row(f"PR_{label}_spikes", _shared(single, double)),
            Row(f"PR_{label}_mode", _mode(single) - _mode(double)),
        ]
        found += [Row(f"PR_{label}_{name}", one / other - 1) for name, (one, other) in pairs.items()]
    return found


def figures() -> dict[str, Any]:
    """Return the interval histograms of both precisions, and how many spikes they have in common over time."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.5), layout="constrained")
    for axes, set_name in zip(figure.subplots(1, 2), SETS, strict=True):
        single, double = (_run(set_name, each)[0] for each in (False, True))
        for recording, words, line in ((double, "float64 twin", "-"), (single, "float32 kernel", ":")):
            left, contents = spikes.interval_histogram(recording.intervals, bin_width=20, longest=1500)
            axes.step(left, contents, line, where="post", linewidth=2, label=words)
        share = 100 * _shared(single, double)
        axes.set(xlabel="interspike interval (ms)", ylabel="intervals per 10 000 and 20 ms")
        axes.set(title=f"{set_name}: {share:.3f} % of spikes the same")
        axes.legend(fontsize="small", frameon=False)
    return {"precision": figure}
