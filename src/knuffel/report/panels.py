"""The panels of the figure, one function each, in the order of the signal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from knuffel.analysis.bursts import bursts_of
from knuffel.evidence import load
from knuffel.report import assays, people, style
from knuffel.report.burst_figures import mark_bursts
from knuffel.report.view import View, assay_name, outline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["assay", "curve", "plasma", "raster", "rate", "receptor", "secretion", "split_samples"]

Floats = npt.NDArray[np.float64]

_MARKERS = ("o", "s", "D", "v")
_MARKER_COLOURS = (style.INK, style.PURPLE, style.GREEN, style.VERMILION)
_OFF_SCALE = 10.0
_LOG_ABOVE = 50.0
_LEGEND_COLUMNS = 3
_HEAD = 1.08
_WHOLE = 1.03
_NO_LEGEND = 0.4
_MAX_NEURONS = 100
_MAX_SPIKES = 25_000
_RASTER_INCHES = 1.55


def raster(axes: Axes, view: View) -> None:
    """Draw a line for each spike of the first subject's first hundred neurons; in a long run, their rates as greys."""
    from matplotlib.ticker import MaxNLocator

    cells = view.cells()
    shown = min(cells, _MAX_NEURONS)
    many = int(view.variables["neurons.spike.time"].data.shape[0]) > _MAX_SPIKES * view.subjects
    if not many or shown == 0:
        size = 1.1 * 72 * _RASTER_INCHES / max(shown, 12)
        for time, neuron in view.spike_blocks():
            mine = neuron < shown
            axes.plot(view.axis(time[mine]), neuron[mine] + 1, "|", color=style.INK, ms=size, mew=0.4, rasterized=True)
        title = view.texts("title_raster", shown=shown, cells=cells)
    else:
        rates = view.firing_map(shown)
        darkest = max(float(np.quantile(rates, 0.995)), 1e-9)
        extent = (0, view.end, 0.5, shown + 0.5)
        look: dict[str, Any] = {"cmap": "Greys", "vmin": 0, "vmax": darkest, "interpolation": "none"}
        axes.imshow(rates, aspect="auto", origin="lower", extent=extent, zorder=1, **look)
        title = view.texts("title_map", shown=shown, cells=cells, rate=view.texts.number(darkest, 2))
    style.panel(axes, view.texts, title, view.texts("axis_neuron"), view.grade("neurons.spike"))
    axes.set_ylim(0.5, max(shown, 1) + 0.5)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True, min_n_ticks=1))
    if (view.attributes.get("drawn") or {}).get("neurons", {}).get("network"):
        mark_bursts(axes, bursts_of(view.result.recorded), 1000 * view.per_unit)


def rate(axes: Axes, view: View) -> None:
    """Draw the mean firing rate of the population."""
    style.panel(axes, view.texts, view.texts("title_rate"), view.texts("axis_rate"), view.grade("neurons.firing_rate"))
    curve(axes, view, "neurons.firing_rate", style.BLUE, None)
    axes.set_ylim(bottom=0)


def secretion(axes: Axes, view: View) -> None:
    """Draw the secretion into blood."""
    style.panel(
        axes, view.texts, view.texts("title_secretion"), view.texts("axis_secretion"), view.grade("secretion.rate")
    )
    if view.has("pulses.rate") and people.few(view):
        total = view.level("secretion.rate") + view.level("pulses.rate")
        people.shares(axes, view, total, style.VERMILION, None, people.DASHED)
    elif view.has("pulses.rate"):
        total = view.band("secretion.rate")[0] + view.band("pulses.rate")[0]
        axes.plot(*outline(view.time, total), color=style.VERMILION, linewidth=1.0, label=view.texts("with_pulses"))
    highest = curve(
        axes, view, "secretion.rate", style.PURPLE, view.texts("from_neurons") if view.has("pulses.rate") else None
    )
    # A line at the very edge would be cut in half.
    axes.set_ylim(0, max(axes.get_ylim()[1], _HEAD * highest) or 1)
    labels = [view.texts("from_neurons"), view.texts("with_pulses")]
    people.line_key(axes, view, labels if view.has("pulses.rate") else [])


def curve(
    axes: Axes,
    view: View,
    name: str,
    colour: str,
    label: str | None,
    width: float = 1.1,
    *,
    dashes: str = "-",
    scale: float = 1,
) -> float:
    """Draw a level times ``scale`` and return its highest value.

    Few subjects have a curve each, in the colours of `people`; of many the median, two bands and some single curves.
    """
    if people.few(view):
        return people.curves(axes, view, name, width, dashes, scale)
    middle, low, high = (scale * values for values in view.band(name))
    axes.plot(*outline(view.time, middle), color=colour, linewidth=width, linestyle=dashes, label=label, zorder=3)
    if view.subjects == 1:
        return float(np.max(high, initial=0, where=np.isfinite(high)))
    axes.fill_between(view.time, low, high, color=colour, alpha=0.15, linewidth=0)
    inner_low, inner_high = (scale * values for values in view.inner_band(name))
    axes.fill_between(view.time, inner_low, inner_high, color=colour, alpha=0.2, linewidth=0)
    singles = scale * view.people(name)
    for values in singles:
        axes.plot(*outline(view.time, values), color=colour, linewidth=0.3, alpha=0.45, zorder=2)
    highest = np.fmax(high, singles.max(axis=0))
    return float(np.max(highest, initial=0, where=np.isfinite(highest)))


def plasma(axes: Axes, view: View) -> None:
    """Draw plasma oxytocin, its own and given parts, and the samples that lie on its scale."""
    port = "plasma.oxytocin_concentration"
    style.panel(axes, view.texts, view.texts("title_plasma"), view.texts("axis_plasma"), view.grade(port))
    parts = ("plasma.oxytocin_endogenous", "plasma.oxytocin_exogenous")
    total = view.band(port)[0]
    few = people.few(view)
    given_too = all(view.has(name) for name in parts) and view.level(parts[1]).max() > 0 and not few
    first = float(view.band(parts[0])[0][0] if given_too else total[0])
    top = float(view.level(port).max() if few else total.max())
    wide = first > 0 and top > _LOG_ABOVE * first
    if given_too:
        _parts(axes, view, [view.band(name)[0] for name in parts], stacked=not wide and view.subjects == 1)
    highest = curve(axes, view, port, style.BLUE, view.texts("total"), 1.3)
    near = [] if assays.compared(view) else split_samples(view)[0]
    if view.subjects > 1 and near:
        highest = max(highest, assays.ranges(axes, view, near)[1])
    else:
        highest = max([highest, *(_samples(axes, view, item, place) for place, item in enumerate(near))])
    highest = max(highest, _error_band(axes, view, near, total))
    labels = len(axes.get_legend_handles_labels()[1])
    rows = 1 + (labels - 1) // _LEGEND_COLUMNS if labels else _NO_LEGEND
    if wide:
        lowest = min(first / 3, float(view.band(port)[1].min()) / 1.5)
        axes.set_yscale("log", nonpositive="mask")
        axes.set_ylim(lowest, highest * (highest / lowest) ** (0.14 * rows))
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}".replace(".", view.texts("decimal")))
    else:
        axes.set_ylim(0, highest * (1.14 + 0.14 * rows) or 1)
    style.legend(axes, _LEGEND_COLUMNS)


def _parts(axes: Axes, view: View, parts: list[Floats], *, stacked: bool) -> None:
    """Draw own and given oxytocin: as areas on each other, or as lines where an area would have no meaning."""
    own, given = parts
    looks = ((style.GREEN, view.texts("endogenous")), (style.ORANGE, view.texts("exogenous")))
    if not stacked:
        for values, (colour, label) in zip(parts, looks, strict=True):
            axes.plot(*outline(view.time, values), color=colour, linewidth=1.1, label=label)
        return
    for low, high, (colour, label) in zip((np.zeros_like(own), own), (own, own + given), looks, strict=True):
        axes.fill_between(view.time, low, high, color=colour, alpha=0.35, linewidth=0, label=label)


def _error_band(axes: Axes, view: View, near: list[Any], total: Floats) -> float:
    """Draw one SD of the first assay that reports the concentration itself, around the true curve; return its top."""
    if view.subjects > 1:
        return 0.0
    for item in near:
        preset = load.assays()[item["assay"]]
        error = float(np.hypot(preset.cv_inter, preset.cv_intra))
        scale = preset.gain * item.get("gain", 1) * (1 if preset.recovery_corrected else preset.recovery)
        if error <= 0 or preset.offset_median > 0 or not np.isclose(scale, 1):
            continue
        label = view.texts("error_band", error=view.texts.number(100 * error, 2))
        # The errors of an assay multiply: a standard deviation is a factor.
        low, high = total * np.exp(-error), total * np.exp(error)
        axes.fill_between(view.time, low, high, color=style.GREY, alpha=0.18, linewidth=0, label=label, zorder=1.5)
        return float(high.max())
    return 0.0


def assay(axes: Axes, view: View) -> None:
    """Draw the samples whose scale is another one."""
    near, far = split_samples(view)
    port = far[0]["port"]
    style.panel(axes, view.texts, view.texts("title_assay"), view.texts("axis_plasma"), view.grade(port))
    tops = [_samples(axes, view, item, len(near) + place) for place, item in enumerate(far)]
    if max(tops) > _OFF_SCALE * min(tops) > 0:
        axes.set_yscale("log")
    else:
        axes.set_ylim(0, max(tops) * 1.35 or 1)
    style.legend(axes, 4)


def split_samples(view: View) -> tuple[list[Any], list[Any]]:
    """Return the sampling series that fit the scale of plasma, and those that are ten times higher or more."""
    near: list[Any] = []
    far: list[Any] = []
    for item in view.attributes.get("samples", ()):
        name = f"sample.{item['name']}.value"
        if not view.has(name) or not item["port"].startswith("plasma.oxytocin_"):
            continue
        values = view.level(name) / item.get("reported_factor", 1)
        if not np.isfinite(values).any():
            continue
        curve = np.nanmax(view.level(item["port"])) if view.has(item["port"]) else np.nanmax(values)
        (far if np.nanmedian(values) > _OFF_SCALE * max(curve, 1e-12) else near).append(item)
    return near, far


def _samples(axes: Axes, view: View, item: dict[str, Any], place: int) -> float:
    """Draw one series of the first subjects, open triangles below detection, and return what must fit the axis."""
    name = f"sample.{item['name']}"
    people = len(view.shown)
    value = view.level(f"{name}.value")[:people] / item.get("reported_factor", 1)  # the axis is in pg/mL
    censored = view.level(f"{name}.censored")[:people] > 0
    time = np.broadcast_to(view.axis(np.asarray(view.variables[f"{name}.time"].data[...])), value.shape)
    colour, marker = _MARKER_COLOURS[place % 4], _MARKERS[place % 4]
    preset = load.assays()[item["assay"]]
    limit = preset.lod
    label = assay_name(item, view.texts)
    shown = view.texts("with_error", assay=label) if preset.cv_inter > 0 or preset.cv_intra > 0 else label
    if limit > 0:
        shown = f"{shown} ({view.texts('detection_limit', limit=view.texts.number(limit))})"
    if limit > 0:
        axes.axhline(limit, color=colour, linewidth=0.6, linestyle=(0, (4, 3)), zorder=2)
    seen: dict[str, Any] = {"color": colour, "ls": "none", "ms": 3.8, "zorder": 6, "clip_on": False}
    seen["alpha"] = 1.0 if view.subjects == 1 else 0.6
    if not censored.all():
        axes.plot(time[~censored], value[~censored], marker, label=shown, mew=0.5, mec="white", **seen)
    if censored.any():
        below = view.texts("below_limit", assay=label)
        axes.plot(time[censored], value[censored], "v", label=below, mfc="white", mew=0.8, **seen)
    return max(float(np.nanmax(value)), limit)


def receptor(axes: Axes, view: View) -> None:
    """Draw the receptor effect."""
    port = "receptors.myometrium_effect"
    style.panel(axes, view.texts, view.texts("title_receptor"), view.texts("axis_effect"), view.grade(port))
    highest = curve(axes, view, port, style.VERMILION, None)
    axes.set_ylim(0, min(1.4 * highest, _WHOLE) or 1)
