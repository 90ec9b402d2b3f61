"""Figures of spike statistics: the four panels that the field shows of a cell, and each statistic alone.

A recording is a grey area or black marks, a model that is laid over it a coloured line. Every drawing function takes
axes, so that the panels can stand in any figure.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from knuffel.errors import MissingExtra, ParameterError
from knuffel.report import style
from knuffel.report.texts import Texts, texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from knuffel.analysis.spikes import SpikeStatistics

__all__ = [
    "four_panels",
    "plot_autocorrelation",
    "plot_dispersion",
    "plot_hazard",
    "plot_intervals",
    "plot_quadratic",
    "plot_rate",
]

Floats = npt.NDArray[np.float64]

_WIDTH, _HEIGHT = 8.27, 6.4
_CAPTION_LINE = 0.14
_LONGEST_LABEL = 40
_SHOWN_SHARE = 0.99
_LABEL_BESIDE = 24
_LEGEND_ROW = 0.09
_AREA = "#b8b8b8"
_HAZARD_SHARE = 0.9
_MINUTES_FROM = 600_000


def four_panels(
    statistics: SpikeStatistics,
    *,
    model: SpikeStatistics | None = None,
    recording_label: str | None = None,
    model_label: str | None = None,
    lang: str = "en",
) -> Figure:
    """Return rate, interval histogram, hazard and index of dispersion of a recording, with a model over it if given.

    The labels are "recording" and "model" in the language of the figure unless given. No state outside the figure is
    touched. Raises `MissingExtra` without matplotlib, `ParameterError` for a model in other bins, ValueError for an
    unknown language.
    """
    words = texts(lang)
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("the figure", "plot") from error
    figure = Figure(figsize=(_WIDTH, _HEIGHT), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    lines = 1 if model is None else 2
    bottom = (0.62 + _CAPTION_LINE * lines) / _HEIGHT
    room = {"left": 0.09, "right": 0.98, "top": 1 - 0.68 / _HEIGHT, "bottom": bottom, "wspace": 0.24, "hspace": 0.44}
    panels = figure.subplots(2, 2, gridspec_kw=room)
    drawers: list[Callable[..., None]] = [plot_rate, plot_intervals, plot_hazard, plot_dispersion]
    labels = {"recording_label": recording_label, "model_label": model_label}
    for axes, drawer in zip(panels.flat, drawers, strict=True):
        # The two in the middle look like the first.
        drawer(axes, statistics, model=model, lang=lang, legend=drawer in (plot_rate, plot_dispersion), **labels)
    heading: dict[str, Any] = {"fontsize": 12.5, "fontweight": "bold", "color": style.INK, "va": "top"}
    figure.text(0.09, 1 - 0.13 / _HEIGHT, words("spike_heading"), **heading)
    shown = [(statistics, _label(recording_label, words("spike_recording")))]
    if model is not None:
        shown.append((model, _label(model_label, words("spike_model"))))
    for row, (item, label) in enumerate(reversed(shown)):
        place = (0.14 + _CAPTION_LINE * row) / _HEIGHT
        figure.text(0.09, place, _numbers(item, label, words), fontsize=style.SMALL, color=style.GREY)
    return figure


def plot_rate(axes: Axes, statistics: SpikeStatistics, **options: Any) -> None:
    """Draw the course of the firing rate, all in bins of one width.

    Options, here and below: those of `four_panels`, and ``legend=False`` to leave the legend out.
    """
    draw = _Panel(axes, statistics, **options)
    minutes = max(item.duration for item, _ in draw.items) >= _MINUTES_FROM
    per_unit = 60_000 if minutes else 1000
    width = math.lcm(*(round(item.course_bin) for item, _ in draw.items))
    for item, look in draw.items:
        # A recording shorter than the common bin is one bin.
        factor = max(1, min(round(width / item.course_bin), len(item.course_rate)))
        bins = len(item.course_rate) // factor
        rate = item.course_rate[: bins * factor].reshape(bins, factor).mean(axis=1)
        draw.steps(np.arange(bins + 1, dtype=np.float64) * factor * item.course_bin / per_unit, rate, look)
    draw.finish(
        draw.texts("spike_title_rate", width=draw.texts.span(width)),
        draw.texts("spike_axis_time", unit=draw.texts("minutes") if minutes else "s"),
        draw.texts("spike_axis_rate"),
    )


def plot_intervals(axes: Axes, statistics: SpikeStatistics, **options: Any) -> None:
    """Draw the interval histogram, up to the bin below which 99 % of the intervals lie."""
    draw = _Panel(axes, statistics, **options)
    last = 0.0
    for item, look in draw.items:
        edges = np.append(item.interval_left, item.interval_left[-1] + item.bin_width)
        draw.steps(edges, item.interval_histogram, look)
        last = max(last, edges[_reached(item, _SHOWN_SHARE)])
    width = draw.texts.number(statistics.bin_width)
    draw.finish(
        draw.texts("spike_title_intervals"),
        draw.texts("spike_axis_interval"),
        draw.texts("spike_axis_intervals", width=width),
        right=last,
    )


def plot_hazard(axes: Axes, statistics: SpikeStatistics, **options: Any) -> None:
    """Draw the hazard as long as 2 % of the intervals are left."""
    draw = _Panel(axes, statistics, **options)
    last = 0.0
    for item, look in draw.items:
        reach = _reached(item, _HAZARD_SHARE)
        edges = np.append(item.interval_left, item.interval_left[-1] + item.bin_width)[: reach + 1]
        draw.steps(edges, item.hazard[:reach], look)
        last = max(last, edges[-1])
    width = draw.texts.number(statistics.bin_width)
    draw.finish(
        draw.texts("spike_title_hazard"),
        draw.texts("spike_axis_since"),
        draw.texts("spike_axis_hazard", width=width),
        right=last,
    )


def plot_dispersion(axes: Axes, statistics: SpikeStatistics, **options: Any) -> None:
    """Draw the index of dispersion against bin width, and that of a Poisson process."""
    draw = _Panel(axes, statistics, **options)
    for item, look in draw.items:
        draw.marks(item.dispersion_bins / 1000, item.dispersion, look)
    axes.axhline(1, color=style.GREY, linewidth=0.7, linestyle=(0, (4, 3)), label=draw.texts("spike_chance"), zorder=1)
    axes.set_xscale("log")
    seconds = statistics.dispersion_bins / 1000
    axes.set_xticks(seconds, [draw.texts.number(value) for value in seconds])
    axes.set_xticks([], minor=True)
    draw.finish(
        draw.texts("spike_title_dispersion"),
        draw.texts("spike_axis_bin"),
        draw.texts("spike_axis_dispersion"),
        left=None,
    )


def plot_autocorrelation(axes: Axes, statistics: SpikeStatistics, **options: Any) -> None:
    """Draw the autocorrelation, 1 where spikes are independent."""
    draw = _Panel(axes, statistics, **options)
    for item, look in draw.items:
        draw.steps(np.append(item.lag_left, len(item.lag_left) * item.bin_width), item.autocorrelation, look)
    axes.axhline(1, color=style.GREY, linewidth=0.7, linestyle=(0, (4, 3)), label=draw.texts("spike_chance"), zorder=1)
    title = draw.texts("spike_title_autocorrelation")
    draw.finish(title, draw.texts("spike_axis_lag"), draw.texts("spike_axis_autocorrelation"))


def plot_quadratic(axes: Axes, statistics: SpikeStatistics, **options: Any) -> None:
    """Draw the histogram in quadratic bins, up to the bin below which 99 % lie."""
    draw = _Panel(axes, statistics, **options)
    last = 0.0
    for item, look in draw.items:
        # The last bin has no right edge.
        height = item.quadratic_histogram[:-1]
        draw.steps(item.quadratic_left, height, look)
        last = max(last, item.quadratic_left[1 + int(np.searchsorted(np.cumsum(height[:-1]), _SHOWN_SHARE))])
    title = draw.texts("spike_title_quadratic")
    draw.finish(title, draw.texts("spike_axis_interval"), draw.texts("spike_axis_quadratic"), right=last)


class _Panel:
    """Axes under construction: whose statistics are drawn, how, and in which language."""

    def __init__(
        self,
        axes: Axes,
        statistics: SpikeStatistics,
        *,
        model: SpikeStatistics | None = None,
        recording_label: str | None = None,
        model_label: str | None = None,
        lang: str = "en",
        legend: bool = True,
    ) -> None:
        self.axes, self.texts, self._drawn, self._legend = axes, texts(lang), False, legend
        label = _label(recording_label, self.texts("spike_recording"))
        self.items: list[tuple[SpikeStatistics, dict[str, Any]]] = [(statistics, {"color": style.INK, "label": label})]
        if model is not None:
            if model.bin_width != statistics.bin_width:
                raise ParameterError(
                    f"model: found statistics in bins of {model.bin_width:g} ms; "
                    f"allowed: {statistics.bin_width:g} ms, as the recording"
                )
            label = _label(model_label, self.texts("spike_model"))
            self.items.append((model, {"color": style.VERMILION, "label": label}))

    def steps(self, edges: Floats, heights: Floats, look: dict[str, Any]) -> None:
        """Draw a histogram: an area for the recording, a line for the model."""
        if not np.isfinite(heights).any():
            return
        self._drawn = True
        if look["color"] == style.INK:
            self.axes.stairs(heights, edges, fill=True, color=_AREA, label=look["label"], zorder=2)
        else:
            self.axes.stairs(heights, edges, baseline=None, linewidth=0.9, zorder=3, **look)

    def marks(self, x: Floats, y: Floats, look: dict[str, Any]) -> None:
        """Draw a curve of a few points."""
        if np.isfinite(y).any():
            self._drawn = True
            self.axes.plot(x, y, "o-", markersize=4, linewidth=1.1, zorder=3, **look)

    def finish(
        self, title: str, x_label: str, y_label: str, *, left: float | None = 0.0, right: float | None = None
    ) -> None:
        """Give the panel its words and limits; an empty one says why it is empty."""
        axes = self.axes
        style.panel(axes, self.texts, title, y_label, None, label_at=None)
        axes.set_xlabel(x_label, fontsize=style.TEXT, color=style.INK)
        labels = axes.get_legend_handles_labels()[1] if self._drawn and self._legend else []
        columns = 1 if max(map(len, labels), default=0) > _LABEL_BESIDE else 2
        rows = math.ceil(len(labels) / columns) if len(labels) > 1 else 0
        axes.set_ylim(0, max(axes.get_ylim()[1], 1e-9) * (1 + _LEGEND_ROW * rows))
        if left is not None:
            axes.set_xlim(left, right or None)
        style.decimals(axes, self.texts)
        if not self._drawn:
            axes.set(xticks=[], yticks=[])
            words = self.texts("spike_too_few")
            axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", fontsize=style.TEXT, color=style.GREY)
        if rows:
            style.legend(axes, columns)


def _label(given: str | None, default: str) -> str:
    return style.fitted(given or default, _LONGEST_LABEL)


def _reached(item: SpikeStatistics, share: float) -> int:
    """Return how many bins of the histogram hold a share of all intervals; all of them when none reaches it."""
    whole = np.cumsum(item.interval_histogram) / 10_000
    return min(1 + int(np.searchsorted(whole, share)), len(whole))


def _numbers(item: SpikeStatistics, label: str, words: Texts) -> str:
    """Return a line with the size and the first numbers of a recording."""
    cells = words("spike_one_cell") if item.cells == 1 else words("spike_cells", count=item.cells)
    facts: dict[str, Any] = {"label": label, "spikes": item.spikes, "cells": cells}
    facts["duration"] = words.span(item.duration)
    low, high = item.rate_interval
    numbers = {"rate": item.rate, "low": low, "high": high, "cv": item.interval_cv}
    if not np.isfinite(list(numbers.values())).all():
        return words("spike_numbers_short", **facts)
    return words("spike_numbers", **facts, **{name: words.number(value, 3) for name, value in numbers.items()})
