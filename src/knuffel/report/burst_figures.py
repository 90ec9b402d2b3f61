"""Figures of bursts: the raster with the bursts of the network marked, and the course of a burst aligned on its peak.

Every function draws into axes that are given, so that the panels can stand in any figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from knuffel.errors import MissingExtra
from knuffel.report import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from knuffel.analysis.bursts import NetworkBursts, Profile
    from knuffel.report.texts import Texts

__all__ = ["mark_bursts", "plot_profile", "plot_raster", "four_panels"]

_HEIGHT = 0.95
_BEFORE, _AFTER = 3, 9  # s around the burst that is shown cell by cell


def plot_raster(
    axes: Axes, times: npt.ArrayLike, cells: npt.ArrayLike, cell_count: int, bursts: NetworkBursts | None = None,
    *, begin: float = 0.0, end: float | None = None, size: float | None = None,
) -> None:  # fmt: skip
    """Draw each spike (``times`` in ms) as a line over seconds, from ``begin`` to ``end`` s, with bursts marked."""
    time, cell = np.asarray(times, dtype=np.float64) / 1000, np.asarray(cells)
    last = float(time.max(initial=begin)) if end is None else end
    shown = (time >= begin) & (time <= last)
    look: dict[str, Any] = {"color": style.INK, "markeredgewidth": 0.4, "rasterized": True}
    axes.plot(time[shown], cell[shown] + 1, "|", markersize=200 / max(cell_count, 20) if size is None else size, **look)
    axes.set(xlabel="time (s)", ylabel="neuron", xlim=(begin, max(last, begin + 1e-9)), ylim=(0.5, cell_count + 0.5))
    if bursts is not None:
        mark_bursts(axes, bursts, 1000)


def mark_bursts(axes: Axes, bursts: NetworkBursts, per_unit: float, label: str | None = None) -> None:
    """Put a mark at the top of each burst; ``per_unit`` is how many ms the unit of the axis has."""
    if not len(bursts):
        return
    top = axes.get_xaxis_transform()
    place = bursts.start / per_unit
    axes.plot(
        place, np.full(len(place), _HEIGHT), "v", color=style.VERMILION, markersize=4, transform=top,
        linestyle="none", label=label, zorder=6,
    )  # fmt: skip


def plot_profile(axes: Axes, found: Profile, *, label: str | None = None, colour: str = style.BLUE) -> None:
    """Draw the mean rate around the peak of the bursts, and what 5 to 95 % of them do."""
    low, high = found.quantiles([0.05, 0.95])
    axes.fill_between(found.time / 1000, low, high, color=colour, alpha=0.25, linewidth=0)
    axes.plot(found.time / 1000, found.mean, color=colour, label=label)
    axes.set(xlabel="seconds from the peak", ylabel="rate (1/s)", ylim=(0, None))


def four_panels(
    times: npt.ArrayLike, cells: npt.ArrayLike, cell_count: int, bursts: NetworkBursts, around: Profile, words: Texts,
    source: str,
) -> Figure:  # fmt: skip
    """Return the rate over the whole record, one burst cell by cell, the mean burst, and the intervals between bursts.

    No state outside the figure is touched. Raises `MissingExtra` without matplotlib.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator
    except ImportError as error:
        raise MissingExtra("the figure", "plot") from error
    figure = Figure(figsize=(8.27, 5.6), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 3)
    whole = figure.add_subplot(grid[0, :])
    raster, middle, right = (figure.add_subplot(grid[1, place]) for place in range(3))
    seconds = np.asarray(times, dtype=np.float64) / 1000
    counts, edges = np.histogram(seconds, np.arange(0, seconds.max(initial=1) + 1))
    whole.stairs(counts / cell_count, edges, fill=True, color=style.BLUE)
    whole.set(xlim=(0, edges[-1]), ylim=(0, None))
    mark_bursts(whole, bursts, 1000)
    _named(
        whole,
        words,
        words("burst_title", source=style.fitted(source, 60), count=len(bursts)),
        "axis_rate",
        "burst_axis_time",
    )
    if len(bursts):
        first = bursts.start[int(np.argmax(bursts.participation))] / 1000
        plot_raster(raster, times, cells, cell_count, begin=first - _BEFORE, end=first + _AFTER)
        plot_profile(middle, around)
        middle.set_xlim(-2, 5)
    _named(raster, words, words("burst_title_one"), "axis_neuron", "burst_axis_time")
    _named(middle, words, words("burst_title_profile"), "axis_rate", "burst_axis_peak")
    if len(bursts) > 1:
        right.hist(bursts.intervals / 1000, bins=min(len(bursts), 12), color=style.GREEN, alpha=0.6, edgecolor="white")
    right.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True, min_n_ticks=1))
    _named(right, words, words("burst_title_intervals"), "burst_axis_count", "burst_axis_interval")
    for axes in (whole, raster, middle, right):
        style.decimals(axes, words)
    return figure


def _named(axes: Axes, words: Texts, title: str, label: str, below: str) -> None:
    style.panel(axes, words, title, words(label), None, label_at=None)
    axes.set_xlabel(words(below), fontsize=style.TEXT, color=style.INK)
