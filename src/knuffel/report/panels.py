"""The panels of the figure, one function each, in the order of the signal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from knuffel.analysis.interventions import Intervention
from knuffel.evidence import load
from knuffel.report import style
from knuffel.report.view import View, outline, stimulus_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["assay", "event_rows", "events", "plasma", "raster", "rate", "receptor", "secretion", "split_samples"]

_MAX_EVENT_ROWS = 6
_SHORTEST = 0.004
_LONGEST_LABEL = 100
_LABEL_GAP = 13
_MARKERS = ("o", "s", "D", "v")
_MARKER_COLOURS = (style.INK, style.PURPLE, style.GREEN, style.VERMILION)
_OFF_SCALE = 10.0
_MAX_NEURONS = 100
_MAX_SPIKES = 25_000
_MAX_PEOPLE = 20
_RASTER_INCHES = 1.55


def event_rows(view: View) -> list[tuple[str, list[Intervention]]]:
    """Return the rows of the event strip: a label and what happened under it, stimuli first."""
    rows: dict[tuple[str, str, str], list[Intervention]] = {}
    for item in view.done:
        rows.setdefault((item.kind, item.label, item.grade), []).append(item)
    named = []
    for (kind, label, grade), items in rows.items():
        text = stimulus_name(label, view.texts) if kind == "stimulus" else label.replace("_", " ")
        if len(grade) == 1:
            text += f", {view.texts('grade_letter', grade=grade)}"
        elif grade:
            text += f", {view.texts.grade(grade)}"
        named.append((text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…", items))
    if len(named) > _MAX_EVENT_ROWS:
        rest = named[_MAX_EVENT_ROWS - 1 :]
        named = named[: _MAX_EVENT_ROWS - 1]
        named.append((view.texts("more", count=len(rest)), [item for _, items in rest for item in items]))
    return named


def events(axes: Axes, view: View) -> None:
    """Draw the strip of stimuli and doses; an infusion is as thick as its rate."""
    rows = event_rows(view)
    style.panel(axes, view.texts, view.texts("title_events"), "", None)
    axes.set_xlim(0, view.end or 1)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_ylim(len(rows) - 0.35, -0.65)
    for place, (label, items) in enumerate(rows):
        colour = style.GREEN if items[0].kind == "stimulus" else style.ORANGE
        for item in items:
            _bar(axes, view, place, item, colour)
        _label(axes, view, place, label, items)
    if not rows:
        axes.text(0, 0, view.texts("nothing"), fontsize=style.TEXT, color=style.GREY, va="center")
        axes.set_ylim(0.65, -0.65)


def _label(axes: Axes, view: View, place: int, label: str, items: list[Intervention]) -> None:
    """Write a label where there is room: after the bar, before it, on it, or against the right edge."""
    first, last = float(view.axis(items[0].start)), float(view.axis(max(item.end for item in items)))
    words = axes.text(0, place, label, fontsize=style.TEXT, color=style.INK, va="center", zorder=5)
    full = view.end or 1
    gap, width = (size / axes.bbox.width * full for size in (_LABEL_GAP, words.get_window_extent().width))
    if last + gap + width <= full:
        words.set_x(last + gap)
    elif width + gap <= first:
        words.set(x=first - gap, ha="right")
    else:
        words.set_x(max(min(first + gap, full - width), 0))


def _bar(axes: Axes, view: View, place: int, item: Intervention, colour: str) -> None:
    """Draw one interval; what is too short to be seen becomes a mark."""
    if item.end - item.start < _SHORTEST * view.end * view.per_unit * 1000:
        axes.plot(view.axis(item.start), place, marker="v", color=colour, markersize=6, clip_on=False)
        return
    pieces = item.steps or ((item.start, item.end, 1.0),)
    highest = max((rate for *_, rate in pieces), default=0) or 1
    for start, end, rate in pieces:
        height = 0.08 + 0.62 * rate / highest
        left, width = view.axis(start), view.axis(end - start)
        axes.broken_barh([(left, width)], (place + 0.35 - height, height), color=colour, alpha=0.55, linewidth=0)


def raster(axes: Axes, view: View) -> None:
    """Draw a line for each spike of the first subject's first hundred neurons; in a long run, their rates as greys."""
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


def rate(axes: Axes, view: View) -> None:
    """Draw the mean firing rate of the population."""
    style.panel(axes, view.texts, view.texts("title_rate"), view.texts("axis_rate"), view.grade("neurons.firing_rate"))
    _curve(axes, view, "neurons.firing_rate", style.BLUE, None)
    axes.set_ylim(bottom=0)


def secretion(axes: Axes, view: View) -> None:
    """Draw the secretion into blood."""
    style.panel(
        axes, view.texts, view.texts("title_secretion"), view.texts("axis_secretion"), view.grade("secretion.rate")
    )
    _curve(axes, view, "secretion.rate", style.PURPLE, None)
    axes.set_ylim(bottom=0)


def _curve(axes: Axes, view: View, name: str, colour: str, label: str | None, width: float = 1.1) -> float:
    """Draw a level, with a band when there are several subjects, and return its highest value."""
    middle, low, high = view.band(name)
    axes.plot(*outline(view.time, middle), color=colour, linewidth=width, label=label)
    if view.subjects > 1:
        axes.fill_between(view.time, low, high, color=colour, alpha=0.2, linewidth=0)
    return float(np.max(high, initial=0, where=np.isfinite(high)))


def plasma(axes: Axes, view: View) -> None:
    """Draw plasma oxytocin, its own and given parts, and the samples that lie on its scale."""
    port = "plasma.oxytocin_concentration"
    style.panel(axes, view.texts, view.texts("title_plasma"), view.texts("axis_plasma"), view.grade(port))
    parts = ("plasma.oxytocin_endogenous", "plasma.oxytocin_exogenous")
    if all(view.has(name) for name in parts) and view.level(parts[1]).max() > 0:
        own, given = (view.band(name)[0] for name in parts)
        axes.fill_between(view.time, 0, own, color=style.GREEN, alpha=0.35, linewidth=0, label=view.texts("endogenous"))
        axes.fill_between(
            view.time, own, own + given, color=style.ORANGE, alpha=0.35, linewidth=0, label=view.texts("exogenous")
        )
    highest = _curve(axes, view, port, style.BLUE, view.texts("total"), 1.3)
    near, _ = split_samples(view)
    for place, item in enumerate(near):
        highest = max(highest, _samples(axes, view, item, place))
    axes.set_ylim(0, highest * 1.28 or 1)
    style.legend(axes, 4)


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
        if not view.has(name) or not item["port"].startswith("plasma."):
            continue
        values = view.level(name)
        if not np.isfinite(values).any():
            continue
        curve = np.nanmax(view.level(item["port"])) if view.has(item["port"]) else np.nanmax(values)
        (far if np.nanmedian(values) > _OFF_SCALE * max(curve, 1e-12) else near).append(item)
    return near, far


def _samples(axes: Axes, view: View, item: dict[str, Any], place: int) -> float:
    """Draw one series of the first subjects, open triangles below detection, and return what must fit the axis."""
    name = f"sample.{item['name']}"
    value = view.level(f"{name}.value")[:_MAX_PEOPLE]
    censored = view.level(f"{name}.censored")[:_MAX_PEOPLE] > 0
    time = np.broadcast_to(view.axis(np.asarray(view.variables[f"{name}.time"].data[...])), value.shape)
    colour, marker = _MARKER_COLOURS[place % 4], _MARKERS[place % 4]
    limit = load.assays()[item["assay"]].lod
    label = item["name"].replace("_", " ")
    shown = f"{label} ({view.texts('detection_limit', limit=view.texts.number(limit))})" if limit > 0 else label
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
    highest = _curve(axes, view, port, style.VERMILION, None)
    axes.set_ylim(0, min(1.4 * highest, 1) or 1)
