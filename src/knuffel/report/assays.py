"""Samples as several laboratories report them: of few subjects one by one, of many their median and range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from knuffel.evidence import load
from knuffel.report import people, style
from knuffel.report.view import View, assay_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from knuffel.report.view import Drawer

__all__ = ["MARKERS", "compared", "panels", "ranges", "series", "series_of"]

Floats = npt.NDArray[np.float64]

MARKERS = ("o", "s", "D", "v", "^", "P", "X")
_COLOURS = (style.INK, style.PURPLE, style.GREEN, style.VERMILION, style.ORANGE, style.SKY)
_SEVERAL = 3
_SPAN = 50.0
_PLASMA = "plasma.oxytocin_concentration"
_LOW, _MIDDLE, _HIGH = 0.05, 0.5, 0.95
# Series at the same moment stand beside each other, this share of the axis of time apart.
_STEP = 0.009
_COLUMNS = 3
_LOG_HEAD, _HEAD = 0.11, 0.16


def series_of(view: View, prefix: str) -> list[Any]:
    """Return the sampling series of ports with this beginning that hold any number."""
    found = []
    for item in view.attributes.get("samples", ()):
        name = f"sample.{item['name']}.value"
        if str(item["port"]).startswith(prefix) and view.has(name) and np.isfinite(view.level(name)).any():
            found.append(item)
    return found


def _values(view: View, item: dict[str, Any]) -> Floats:
    factor = float(item.get("reported_factor", 1))  # the axis is in pg/mL
    return view.level(f"sample.{item['name']}.value") / factor


def compared(view: View) -> list[Any]:
    """Return the series of plasma when they are several and so far apart that they need an axis of their own."""
    items = series_of(view, "plasma.oxytocin_")
    middles = [float(np.nanmedian(_values(view, item))) for item in items]
    wide = len(items) >= _SEVERAL and max(middles) > _SPAN * min(middles) > 0
    return items if wide else []


def panels(view: View) -> list[tuple[float, Drawer]]:
    """Return height (inches) and drawing function of the comparison of assays."""
    return [(2.7, comparison)] if compared(view) else []


def comparison(axes: Axes, view: View) -> None:
    """Draw every series of the same blood on one logarithmic axis."""
    items = compared(view)
    title = view.texts("title_compared", count=len(items))
    style.panel(axes, view.texts, title, view.texts("axis_plasma"), view.grade(items[0]["port"]))
    low, high = ranges(axes, view, items)
    rows = -(-len(axes.get_legend_handles_labels()[1]) // _COLUMNS)
    axes.set_yscale("log", nonpositive="mask")
    low /= 1.5
    axes.set_ylim(low, high * (high / low) ** (_LOG_HEAD * rows))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}".replace(".", view.texts("decimal")))
    style.legend(axes, _COLUMNS)


def series(axes: Axes, view: View, port: str) -> float:
    """Draw the samples of a fluid and return the highest value that must fit the axis, 0 without samples."""
    items = series_of(view, port)
    return ranges(axes, view, items)[1] if items else 0.0


def ranges(axes: Axes, view: View, items: list[Any]) -> tuple[float, float]:
    """Draw series beside each other and return the lowest and highest positive value.

    Of many subjects a mark is the median and a line reaches from 5 to 95 %; a mark is open where more than half of the
    samples lie below detection.
    """
    lowest, highest = np.inf, 0.0
    half, step = (len(items) - 1) / 2, _STEP * (view.end or 1)
    for place, item in enumerate(items):
        shift = (place - half) * step
        values = _values(view, item)
        censored = view.level(f"sample.{item['name']}.censored") > 0
        moment = view.axis(np.asarray(view.variables[f"sample.{item['name']}.time"].data[...]))
        time = np.clip(moment, half * step, max(view.end - half * step, half * step)) + shift
        # Colours tell few subjects apart, and then only marks tell the series apart.
        colour = style.GREY if people.few(view) else _COLOURS[place % len(_COLOURS)]
        look = {"color": colour, "marker": MARKERS[place % len(MARKERS)]}
        label = _label(view, item)
        if view.subjects > people.MOST:
            low, middle, high = np.nanquantile(values, (_LOW, _MIDDLE, _HIGH), axis=0)
            axes.vlines(time, low, high, color=look["color"], linewidth=1.0, alpha=0.6, zorder=5)
            _marks(axes, time, middle, censored.mean(axis=0) > 0.5, label, **look)
            seen = np.concatenate([low, middle, high])
        else:
            _marks(axes, np.zeros(0), np.zeros(0), np.zeros(0, dtype=bool), label, **look)
            shades = people.colours(view) if people.few(view) else [look["color"]]
            for row, below, shade in zip(values, censored, shades, strict=True):
                _marks(axes, time, row, below, None, color=shade, marker=look["marker"])
            seen = values.ravel()
        seen = seen[np.isfinite(seen) & (seen > 0)]
        if len(seen):
            lowest, highest = min(lowest, float(seen.min())), max(highest, float(seen.max()))
    return lowest, highest


def _marks(
    axes: Axes,
    time: Floats,
    values: Floats,
    below: npt.NDArray[np.bool_],
    label: str | None,
    *,
    color: str,
    marker: str,
) -> None:
    look: dict[str, Any] = {"color": color, "marker": marker, "ls": "none", "ms": 3.8, "zorder": 6, "clip_on": False}
    axes.plot(time[~below], values[~below], label=label, mew=0.5, mec="white", **look)
    axes.plot(time[below], values[below], mfc="white", mew=0.8, **look)


def _label(view: View, item: dict[str, Any]) -> str:
    limit = load.assays()[item["assay"]].lod
    name = assay_name(item, view.texts)
    if item.get("tube") == "serum":
        kind = view.texts.choice("assays", str(item["assay"])).replace("_", " ")
        name = view.texts("held", assay=kind, time=view.texts.span(float(item.get("held_ms") or 0)))
    return f"{name} ({view.texts('detection_limit', limit=view.texts.number(limit))})" if limit > 0 else name
