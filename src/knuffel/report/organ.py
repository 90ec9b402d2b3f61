"""The panels of the uterus: the pressure trace of the catheter, and activity in Montevideo units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from knuffel.analysis.montevideo import definitions, montevideo_units, tachysystole
from knuffel.engine.random import Streams
from knuffel.observe.tocograph import blocks
from knuffel.report import style
from knuffel.report.panels import curve
from knuffel.report.view import View, envelope

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["activity", "pressure"]

_LONGEST_TRACE = 24 * 3600 * 1000
_WINDOW = 600
_TRACE_BINS = 2000


def pressure(axes: Axes, view: View) -> None:
    """Draw the trace of the first subject; a run above a day is too long to be seen as one."""
    port = "uterus.intrauterine_pressure"
    style.panel(axes, view.texts, view.texts("title_pressure"), view.texts("axis_pressure"), view.grade(port))
    end = int(view.attributes["duration_ms"])
    if end > _LONGEST_TRACE or end <= 0:
        axes.text(0.5, 0.5, view.texts("too_long"), transform=axes.transAxes, ha="center", fontsize=style.TEXT)
        return
    streams = Streams(int(view.attributes.get("seed", 0)), "observe")
    pieces = list(blocks(view.result.recorded, streams, 0, end))
    time = np.concatenate([piece.time for piece in pieces]) / view.per_unit
    line = np.concatenate([piece.pressure for piece in pieces])
    if len(time) > 2 * _TRACE_BINS:
        axes.fill_between(*envelope(time, line, _TRACE_BINS), facecolor=style.INK, edgecolor=style.INK, linewidth=0.3)
    else:
        axes.plot(time, line, color=style.INK, linewidth=0.7)
    axes.set_ylim(min(0.0, float(line.min())), max(80.0, float(line.max()) * 1.08))


def activity(axes: Axes, view: View) -> None:
    """Draw the expected activity, Montevideo units counted in ten minutes, and where contractions are too many."""
    port = "uterus.activity"
    style.panel(axes, view.texts, view.texts("title_activity"), view.texts("axis_activity"), view.grade(port))
    rules = definitions()
    top = rules.adequate
    if view.has("uterus.contraction.time"):
        mine = np.asarray(view.variables["uterus.contraction.subject"].data[...]) == 0
        begins = np.asarray(view.variables["uterus.contraction.time"].data[...])[mine] / 1000
        rise = view.variables["uterus.contraction.amplitude"].data[...][mine]
        counted = rise >= rules.threshold
        ends = np.arange(_WINDOW, view.result.duration + 1, _WINDOW)
        units = montevideo_units(begins[counted], rise[counted], ends)
        label = view.texts("counted_activity")
        left, width = (ends - _WINDOW) / view.per_unit, _WINDOW / view.per_unit
        axes.bar(left, units, width, align="edge", color=style.SKY, alpha=0.55, edgecolor="white", lw=0.4, label=label)
        top = max(top, float(units.max(initial=0)))
        often = tachysystole(begins[counted], ends, rules)
        for place, start in enumerate(left[often]):
            text = view.texts("tachysystole") if place == 0 else None
            axes.axvspan(start, start + width, color=style.VERMILION, alpha=0.18, linewidth=0, label=text, zorder=0)
    highest = curve(axes, view, port, style.BLUE, view.texts("expected_activity"), 1.3)
    axes.axhline(rules.adequate, color=style.GREY, linewidth=0.7, linestyle=(0, (4, 3)), label=view.texts("adequate"))
    axes.set_ylim(0, max(top, highest) * 1.25)
    style.legend(axes, 4)
