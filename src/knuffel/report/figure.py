"""The one-page figure: what happens, neurons, blood and organ above one shared time axis; panels only for what ran."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from knuffel.engine.store import atomic_path
from knuffel.errors import MissingExtra, StoreError
from knuffel.report.texts import Texts, texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from knuffel.report.view import Drawer, Finished, View

__all__ = ["DPI", "FORMATS", "draw", "write_figure"]

DPI = 150
FORMATS = ("pdf", "png", "svg")

_WIDTH, _TALLEST = 8.27, 11.69
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.85, 0.3, 0.62, 0.92
_HEAD_LINE = 0.18
_APART, _BETWEEN = (1.3, 0.62), 0.8
_GAP = 0.32
_CAPTION_LINE = 0.13
_CAPTION_WIDTH, _MOST_CHANGE_LINES = 125, 3


def draw(result: Finished, path: str | os.PathLike[str] | None = None, *, lang: str = "en") -> Figure:
    """Return the figure of a result, and write it when a path is given.

    No state outside the figure is touched. Raises `MissingExtra` without matplotlib, `StoreError` for a place that
    cannot be written or an ending other than those of `FORMATS`, ValueError for an unknown language.
    """
    words = texts(lang)
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("the figure", "plot") from error
    from knuffel.report import drugs
    from knuffel.report.view import View

    view = View(result, words)
    panels, apart = _panels(view), drugs.apart(view)
    caption = _caption(view, words)
    head = _TOP + _HEAD_LINE * _head_lines(view)
    foot = _BOTTOM + _CAPTION_LINE * (len(caption) - 2)
    bottom = foot + (sum(_APART) if apart else 0)
    room = sum(height for height, _ in panels) + _GAP * (len(panels) - 1)
    shrink = min(1.0, (_TALLEST - head - bottom - _GAP * (len(panels) - 1)) / (room - _GAP * (len(panels) - 1)))
    total = sum(height * shrink for height, _ in panels) + _GAP * (len(panels) - 1) + head + bottom
    figure = Figure(figsize=(_WIDTH, total), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    top = total - head
    shared: Axes | None = None
    for place, (height, drawer) in enumerate(panels):
        box = (_LEFT / _WIDTH, (top - height * shrink) / total, 1 - (_LEFT + _RIGHT) / _WIDTH, height * shrink / total)
        axes = figure.add_axes(box, sharex=shared)
        shared = shared or axes
        drawer(axes, view)
        _finish(axes, view, last=place == len(panels) - 1)
        top -= height * shrink + _GAP
    if shared is not None:
        shared.set_xlim(0, view.end or 1)
    _beside(figure, view, apart, foot)
    _headings(figure, view, caption, total)
    if path is not None:
        write_figure(figure, Path(path))
    return figure


def _head_lines(view: View) -> int:
    """Return how many lines stand between the title and the first panel."""
    from knuffel.report import people

    return 0 if view.subjects == 1 else 1 + people.key_lines(view, _WIDTH - _LEFT - _RIGHT)


def _beside(figure: Figure, view: View, drawers: list[Drawer], foot: float) -> None:
    """Draw small panels side by side below the axis of time, each with its own axes."""
    from knuffel.report import style

    total = float(figure.get_figheight())
    room = _WIDTH - _LEFT - _RIGHT
    width = (room - _BETWEEN * (len(drawers) - 1)) / max(len(drawers), 1)
    for place, drawer in enumerate(drawers):
        left = _LEFT + place * (width + _BETWEEN)
        axes = figure.add_axes((left / _WIDTH, foot / total, width / _WIDTH, _APART[0] / total))
        drawer(axes, view)
        style.decimals(axes, view.texts)


def _panels(view: View) -> list[tuple[float, Drawer]]:
    """Return height (inches) and drawing function of the panels of this run, from top to bottom."""
    from knuffel.report import assays, drugs, induction, lactation, organ, panels, side_effects, strip

    found: list[tuple[float, Drawer]] = [(_strip_height(view), strip.events), *drugs.levels(view)]
    if view.has("neurons.spike.time"):
        found.append((1.55, panels.raster))
    if view.has("neurons.firing_rate"):
        found.append((0.85, panels.rate))
    if view.has("secretion.rate") and not drugs.idle_gland(view):
        found.append((0.85, panels.secretion))
    found += induction.panels(view)
    if view.has("plasma.oxytocin_concentration") and drugs.plasma_height(view) > 0:
        found.append((drugs.plasma_height(view), panels.plasma))
        if assays.compared(view):
            found += assays.panels(view)
        elif panels.split_samples(view)[1]:
            found.append((1.0, panels.assay))
    found += drugs.fluids(view)
    if not view.has("breast.pressure"):
        found += drugs.receptors(view)
    if view.has("uterus.activity"):
        if view.has("uterus.contraction.time") and view.has("uterus.contraction_frequency"):
            found.append((1.6, organ.pressure))
        found.append((1.35, organ.activity))
    elif view.has("receptors.myometrium_effect") and not view.has("breast.pressure"):
        found.append((1.1, panels.receptor))
    return found + lactation.panels(view) + side_effects.panels(view)


def _strip_height(view: View) -> float:
    from knuffel.report import strip

    return max(strip.ROW_INCHES * sum(row.lines for row in strip.strip_rows(view)), 0.3)


def _finish(axes: Axes, view: View, *, last: bool) -> None:
    """Give a panel the shading of what happens and, when it is the lowest, the time axis."""
    from knuffel.report import style

    for item in view.done:
        if item.kind == "prescribed":
            continue
        colour = style.GREEN if item.kind == "stimulus" else style.ORANGE
        axes.axvspan(view.axis(item.start), view.axis(item.end), color=colour, alpha=0.07, linewidth=0, zorder=0)
    style.decimals(axes, view.texts)
    axes.tick_params(labelbottom=last)
    if last:
        axes.set_xlabel(view.axis_label(), fontsize=style.TEXT, color=style.INK)


def _headings(figure: Figure, view: View, caption: list[str], total: float) -> None:
    from knuffel.report import people, style

    facts, words = view.attributes, view.texts
    left = _LEFT / _WIDTH
    titles = facts.get("title") or {}
    title = str(titles.get(words.lang) or titles.get("en") or facts.get("scenario_name", ""))
    heading = style.fitted(title, 70)
    figure.text(left, 1 - 0.13 / total, heading, fontsize=12.5, fontweight="bold", color=style.INK, va="top")
    if view.subjects > 1:
        note = words("few_subjects" if people.few(view) else "subjects", count=view.subjects, shown=len(view.shown))
        if view.subjects > people.MOST and view.attributes.get("samples"):
            note = f"{note}; {words('many_samples')}"
        figure.text(left, 1 - 0.41 / total, note, fontsize=style.SMALL, color=style.GREY, va="top")
        people.key(figure, view, left, 1 - 0.58 / total, _WIDTH - _LEFT - _RIGHT)
    for row, line in enumerate(reversed(caption)):
        y = (0.17 + _CAPTION_LINE * row) / total
        figure.text(left, y, line, fontsize=style.SMALL, color=style.GREY, va="bottom")


def _caption(view: View, words: Texts) -> list[str]:
    from knuffel.report import style
    from knuffel.report.view import drugs_given

    facts = view.attributes
    first = [
        f"knuffel {facts.get('version', '')}",
        f"{words('scenario')} {style.fitted(str(facts.get('scenario_name', '')), 40)}",
        f"{words('seed')} {facts.get('seed', '')}",
        f"{words('scenario_hash')} {str(facts.get('scenario_hash', ''))[:12]}",
        f"{words('content_hash')} {view.result.content_hash[:12]}",
    ]
    mark = words("not_advice") if drugs_given(facts) else words("model_mark")
    return [" · ".join(first), *_changed(view, words), mark]


def _changed(view: View, words: Texts) -> list[str]:
    """Return what was changed from the command line: the title may no longer be true."""
    changes = [str(item) for item in view.attributes.get("changes") or ()]
    if not changes:
        return []
    text = words("changed", changes="; ".join(changes))
    lines = textwrap.wrap(text, _CAPTION_WIDTH, max_lines=_MOST_CHANGE_LINES, placeholder=" …")
    return [line.replace("$", r"\$") for line in lines]


def write_figure(figure: Figure, path: Path) -> None:
    """Write a figure whole or not at all, without the date. Raises `StoreError` as `draw` does."""
    ending = path.suffix.removeprefix(".").lower()
    if ending not in FORMATS:
        raise StoreError(f"{path}: a figure ends in {', '.join('.' + name for name in FORMATS)}, not {path.suffix!r}")
    stamp = {"png": {"Software": None}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}[ending]
    with atomic_path(path) as partial:
        figure.savefig(partial, format=ending, dpi=DPI, metadata=stamp)
