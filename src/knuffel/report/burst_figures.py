"""Figures of bursts: the raster with the bursts of the network marked, and the course of a burst aligned on its peak.

Every function draws into axes that are given, so that the panels can stand in any figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from knuffel.report import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from knuffel.analysis.bursts import NetworkBursts, Profile

__all__ = ["mark_bursts", "plot_profile", "plot_raster"]

_HEIGHT = 0.95


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
