"""The panels of the breast: pressure with the let-downs that were counted, flow, milk removed and milk in store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from knuffel.analysis.milk_ejection import ejection_peaks
from knuffel.report import people, style
from knuffel.report.panels import curve
from knuffel.report.view import View, envelope

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from knuffel.report.view import Drawer

__all__ = ["daily", "flow", "panels", "pressure", "removed", "store"]

_DAY = 24 * 3600
_LONG = 3 * 3600
_TRACE_BINS = 1500
_HEAD = 1.3


def panels(view: View) -> list[tuple[float, Drawer]]:
    """Return height (inches) and drawing function of the panels that suit the length of the run."""
    wanted: list[tuple[str, float, Drawer]] = []
    if view.result.duration < 2 * _DAY:
        wanted.append(("breast.pressure", 1.3, pressure))
    if view.result.duration <= _LONG:
        wanted += [("breast.milk_flow", 0.75, flow), ("breast.milk_removed", 0.85, removed)]
    else:
        wanted += [
            ("breast.milk_removed", 1.3, daily if view.result.duration >= 2 * _DAY else removed),
            ("breast.milk_volume", 1.2, store),
        ]
    return [(height, drawer) for name, height, drawer in wanted if view.has(name)]


def pressure(axes: Axes, view: View) -> None:
    """Draw the pressure in the ducts of the first subject, with a mark above every let-down that is counted."""
    port = "breast.pressure"
    style.panel(axes, view.texts, view.texts("title_milk_pressure"), view.texts("axis_pressure"), view.grade(port))
    line = view.level(port)[0]
    if len(line) > 2 * _TRACE_BINS:
        axes.fill_between(*envelope(view.time, line, _TRACE_BINS), facecolor=style.BLUE, edgecolor=style.BLUE, lw=0.5)
    else:
        axes.plot(view.time, line, color=style.BLUE, linewidth=1.2)
    peaks = ejection_peaks(line)
    top = float(line.max())
    if len(peaks):
        above = line[peaks] + 0.09 * top
        label = view.texts("let_downs", count=len(peaks))
        axes.plot(view.time[peaks], above, "v", color=style.VERMILION, ms=4, ls="none", label=label)
    axes.set_ylim(0, top * _HEAD or 1)
    style.legend(axes)


def flow(axes: Axes, view: View) -> None:
    """Draw the flow of milk."""
    port = "breast.milk_flow"
    style.panel(axes, view.texts, view.texts("title_milk_flow"), view.texts("axis_milk_flow"), view.grade(port))
    middle = view.band(port)[0]
    if not people.few(view):
        axes.fill_between(view.time, 0, middle, color=style.ORANGE, alpha=0.6, linewidth=0)
    curve(axes, view, port, style.ORANGE, None, 0.8)
    axes.set_ylim(bottom=0)


def removed(axes: Axes, view: View) -> None:
    """Draw the milk removed since the start."""
    port = "breast.milk_removed"
    style.panel(axes, view.texts, view.texts("title_milk_removed"), view.texts("axis_milk"), view.grade(port))
    highest = curve(axes, view, port, style.GREEN, None, 1.4)
    axes.set_ylim(0, highest * 1.12 or 1)


def daily(axes: Axes, view: View) -> None:
    """Draw the milk removed in each day as a bar, the last day as far as it goes."""
    port = "breast.milk_removed"
    style.panel(axes, view.texts, view.texts("title_milk_daily"), view.texts("axis_milk_daily"), view.grade(port))
    edges = np.unique(np.append(np.arange(0, view.result.duration, _DAY), view.result.duration))
    reached = np.interp(edges / view.per_unit, view.time, view.band(port)[0])
    milk, left, width = np.diff(reached), edges[:-1] / view.per_unit, np.diff(edges) / view.per_unit
    bars = axes.bar(left, milk, width, align="edge", color=style.GREEN, alpha=0.55, edgecolor="white", linewidth=1.5)
    axes.bar_label(bars, [view.texts.number(round(value)) for value in milk], fontsize=style.SMALL, color=style.INK)
    axes.set_ylim(0, float(milk.max(initial=0)) * 1.2 or 1)


def store(axes: Axes, view: View) -> None:
    """Draw the milk in store."""
    port = "breast.milk_volume"
    style.panel(axes, view.texts, view.texts("title_milk_store"), view.texts("axis_milk"), view.grade(port))
    highest = curve(axes, view, port, style.SKY, None, 0.9)
    axes.set_ylim(0, highest * 1.12 or 1)
