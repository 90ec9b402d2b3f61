"""The behaviours of the network that the paper shows, each as a figure: bursts, their profile, what stops them.

Numbers that belong to them stand in the study `network_bursts`; here are those of the dip before a burst, the shape of
a burst and the histogram of intervals.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from knuffel.analysis import bursts
from knuffel.report.burst_figures import plot_profile, plot_raster
from knuffel.validation.nursing_network import CELLS, SEEDS, Run, Step, network
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

_HALF_HOUR, _STOP = 1800, 900
_STRONG = 2.5
_DIP = (5.0, 1.0)
_BIN = 50.0


def _profiles(cell: int | None = None) -> bursts.Profile:
    """Return the firing of all cells, or of one, around the bursts of three networks."""
    found = []
    for seed in SEEDS:
        run = network(seed)
        chosen = slice(None) if cell is None else run.cell == cell
        time, count = run.time[chosen], CELLS if cell is None else 1
        found.append(bursts.profile(time, np.zeros(len(time), dtype=np.int64), count, run.bursts, width=_BIN))
    return bursts.Profile(found[0].time, np.concatenate([item.rates for item in found]))


def _before(run: Run) -> float:
    """Return the share of bursts before which cells fire less than between bursts, from 5 to 1 s before the onset."""
    slower = []
    for start in run.bursts.start / 1000:
        inside = (run.time / 1000 > start - _DIP[0]) & (run.time / 1000 < start - _DIP[1])
        slower.append(inside.sum() / CELLS / (_DIP[0] - _DIP[1]) < run.background.rate)
    return float(np.mean(slower))


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/network_behaviours.toml`."""
    course = _profiles().mean
    peak = int(np.argmax(course))
    half = np.flatnonzero(course > course[peak] / 2)
    intervals = np.concatenate([network(seed).background.intervals for seed in SEEDS])
    mode = float(np.mean([network(seed).background.mode for seed in SEEDS]))
    later = np.histogram(intervals, np.arange(2 * mode, 1000, 100))[0].astype(float)
    slope = np.polyfit(np.arange(len(later)), np.log(later), 1)
    fitted = np.exp(np.polyval(slope, np.arange(len(later))))
    return [
        Row("NW_rise", (peak - half[0]) * _BIN / 1000),
        Row("NW_decay", (half[-1] - peak) * _BIN / 1000),
        Row("NW_skew", float((half[-1] - peak) / max(peak - half[0], 1))),
        Row("NW_dip", float(np.mean([_before(network(seed)) for seed in SEEDS]))),
        Row("NW_mode", mode),
        Row("NW_tail", float(np.abs(later / fitted - 1).max())),
    ]


def figures() -> dict[str, Any]:
    """Return the figures, in the order of the paper's behaviours."""
    return {
        "network_raster": _raster(),
        "network_profile": _profile(),
        "network_histogram": _histogram(),
        "network_insensitive": _insensitive(),
        "network_stopped": _stopped(),
    }


def _raster() -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6.5), layout="constrained")
    above, below = figure.subplots(2, 1)
    run = network()
    above.hist(run.time / 60_000, np.arange(0, 30.01, 1 / 60), color="C0", weights=np.full(len(run.time), 1 / CELLS))
    above.set(ylabel="rate (1/s)", xlabel="minutes of continuous suckling", xlim=(0, 30))
    above.set_title("Suckling goes on and on; the neurons burst together every few minutes")
    start = run.bursts.start[1] / 1000
    plot_raster(below, run.time, run.cell, CELLS, begin=start - 3, end=start + 14)
    below.set(title="One burst: all 48 neurons begin within half a second, and then are silent")
    return figure


def _profile() -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    found = _profiles()
    plot_profile(left, found, label=f"mean of {len(found.rates)} bursts; band: 5 to 95 %")
    left.plot(found.time / 1000, _profiles(0).mean, color="C3", linewidth=0.8, label="one cell")
    left.set(xlim=(-2, 4), title="A fast rise, a slower decay")
    left.legend(fontsize="small")
    for seed, colour in zip(SEEDS, ("C0", "C1", "C2"), strict=True):
        own = bursts.profile(network(seed).time, network(seed).cell, CELLS, network(seed).bursts, width=200)
        right.plot(own.time / 1000, own.mean, "o-", markersize=3, color=colour, label=f"seed {seed}")
        right.axhline(network(seed).background.rate, color=colour, linewidth=0.6, linestyle=":")
    right.set(xlabel="seconds from the peak", xlim=(-4, -0.6), ylim=(0, 6), title="Just before: mostly a little slower")
    right.legend(fontsize="small", title="dotted: between bursts")
    return figure


def _histogram() -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for seed, colour in zip(SEEDS, ("C0", "C1", "C2"), strict=True):
        counts, edges = np.histogram(network(seed).background.intervals, np.arange(0, 1001, 5))
        smooth = np.convolve(counts, np.full(3, 1 / 3), mode="same")
        axes.step(edges[:-1], smooth / smooth.max(), where="post", color=colour, linewidth=0.9, label=f"seed {seed}")
    axes.set(xlabel="interspike interval between bursts (ms)", ylabel="relative to the mode", xlim=(0, 1000))
    axes.set_title("One mode at tens of milliseconds, an exponential tail")
    axes.legend(fontsize="small")
    return figure


def _insensitive() -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    axes = figure.subplots()
    run = network(settings=(("insensitive_cells", (0,)),))
    start = run.bursts.start[1] / 1000
    few = run.cell < 12
    plot_raster(axes, run.time[few], run.cell[few], 12, begin=start - 10, end=start + 25, size=9)
    axes.set(title="Neuron 1 cannot hear oxytocin: it does not burst, but falls silent with the others")
    return figure


def _stopped() -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6), layout="constrained")
    panels = figure.subplots(3, 1, sharex=True, sharey=True)
    cases: tuple[tuple[str, tuple[Step, ...], dict[str, Any]], ...] = (
        ("excitation to 250 % from minute 15 on: fast firing, no bursts", ((_STOP, "excitation_gain", _STRONG),), {}),
        ("suckling ends at minute 15", ((_STOP, "suckling", 0.0),), {}),
        ("no suckling", (), {"priming_rate": 0.0}),
    )
    for axes, (title, steps, changes) in zip(panels, cases, strict=True):
        run = network(seconds=_HALF_HOUR, steps=steps, **changes)
        weights = np.full(len(run.time), 1 / CELLS)
        axes.hist(run.time / 60_000, np.arange(0, 30.01, 1 / 60), color="C0", weights=weights)
        axes.set(ylabel="rate (1/s)", title=title, xlim=(0, 30))
    panels[-1].set_xlabel("minutes")
    return figure
