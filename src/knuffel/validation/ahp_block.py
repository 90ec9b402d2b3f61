"""What the AHP does to the variability of spiking and of secretion (DOI 10.1210/en.2017-03068).

Protocol: cells with their AHP at rest, and cells without it (apamin blocks the fast AHP, PMID 9806998) on as much less
input as gives the same mean rate. The coefficient of variation of spike counts, and of what the terminals of a cell
release, in bins of 1 s and 4 s. The AHP lowers both, and that of secretion by the larger factor.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.analysis.spikes import count_variation, variation_of_amounts
from knuffel.validation.cells import FORGOTTEN, Floats, Recording, at_rate, record, released
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

_SET, _SECONDS, _BINS = "oxytocin-2018", 800, (1, 4)
"""Cells, length of a record and bin widths in s; the first 100 s are left out."""


@lru_cache(maxsize=1)
def _recordings() -> tuple[Recording, Recording]:
    """Return cells with and without AHP at the same mean rate."""
    whole = record(_SET, None, FORGOTTEN + _SECONDS)
    return whole, at_rate(_SET, whole.rate, FORGOTTEN + _SECONDS, ahp_size=0.0)


@lru_cache(maxsize=1)
def _releases() -> tuple[Floats, Floats]:
    """Return what each cell releases in each second (pg), with and without AHP."""
    whole, blocked = (released(recording)[:, FORGOTTEN:] for recording in _recordings())
    return whole, blocked


def _variations(width: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the CV of counts, with and without AHP, and the CV of secretion, in bins of ``width`` s."""
    span: dict[str, Any] = {"duration": _SECONDS * 1000, "bin_widths": (width * 1000,), "start": FORGOTTEN * 1000}
    counts = tuple(float(count_variation(each.time, cells=each.cell, **span)[0]) for each in _recordings())
    return counts, tuple(variation_of_amounts(each, width) for each in _releases())


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/ahp_block.toml`."""
    whole, blocked = _recordings()
    found = [
        Row("AB_psp_rate", blocked.psp_rate),
        Row("AB_apamin_rate", record(_SET, None, _SECONDS, ahp_size=0.0).rate / whole.rate),
    ]
    for width in _BINS:
        counts, secretion = (without / with_ahp for with_ahp, without in _variations(width))
        found += [
            Row(f"AB_counts_{width}s", counts),
            Row(f"AB_secretion_{width}s", secretion),
            Row(f"AB_larger_{width}s", secretion / counts),
        ]
    return found


def figures() -> dict[str, Any]:
    """Return two minutes of one cell with and without AHP, and the CV of counts and of secretion."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 5), layout="constrained")
    grid = figure.add_gridspec(2, 3)
    colours, words = ("tab:blue", "tab:orange"), ("with AHP", "without AHP")
    for row, (recording, amounts) in enumerate(zip(_recordings(), _releases(), strict=True)):
        axes = figure.add_subplot(grid[row, :2])
        begin, seconds = FORGOTTEN, 120
        mine = recording.time[recording.cell == 0] / 1000 - begin
        axes.eventplot(
            mine[(mine >= 0) & (mine < seconds)], lineoffsets=14, linelengths=2, color="black", linewidth=0.5
        )
        axes.step(np.arange(seconds), amounts[0, :seconds], where="post", color=colours[row])
        axes.set(title=f"{words[row]}: {recording.psp_rate:.0f} PSPs/s, {recording.rate:.2f} spikes/s")
        axes.set(xlabel="seconds", ylabel="one cell (pg in 1 s)", ylim=(0, 16), xlim=(0, seconds))
    axes = figure.add_subplot(grid[:, 2])
    place = np.arange(2 * len(_BINS))
    pairs = [pair for width in _BINS for pair in _variations(width)]
    for side in (0, 1):
        axes.bar(place + 0.4 * side, [pair[side] for pair in pairs], 0.4, color=colours[side], label=words[side])
    for x, (with_ahp, without) in zip(place, pairs, strict=True):
        axes.text(x + 0.4, without + 0.01, f"x {without / with_ahp:.2f}", ha="center", fontsize="small")
    names = [f"{what}\n{width} s" for width in _BINS for what in ("counts", "secretion")]
    axes.set_xticks(place + 0.2, names, fontsize="small")
    axes.set(ylabel="coefficient of variation", title="at the same rate", ylim=(0, 1.1))
    axes.legend(fontsize="small", frameon=False)
    return {"ahp_block": figure}
