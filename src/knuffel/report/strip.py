"""The strip at the top of the figure: stimuli, doses and what was prescribed, above the shared time axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from knuffel.analysis.interventions import Intervention
from knuffel.report import style
from knuffel.report.people import dose_name
from knuffel.report.view import View, prescription_name, stimulus_name
from knuffel.scenario.dose_units import usual_units

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from knuffel.report.texts import Texts

__all__ = ["ROW_INCHES", "events", "rate_unit", "strip_rows"]

ROW_INCHES = 0.24

_MAX_ROWS = 6
_SHORTEST = 0.004
_LONGEST_LABEL = 100
_LABEL_GAP = 13
_COLOURS = {"stimulus": style.GREEN, "dose": style.ORANGE, "prescribed": style.SKY}
# Inches of a letter, on the safe side, and of the axis: whether a label needs a line of its own is settled first.
_LETTER, _AXIS = 0.064, 7.12


@dataclass(frozen=True)
class Row:
    """A label, what happened under it, and how many lines it takes: two when the label stands above the bar."""

    label: str
    items: list[Intervention]
    lines: int


def strip_rows(view: View) -> list[Row]:
    """Return the rows of the strip: stimuli first, then doses, then what was prescribed."""
    rows: dict[tuple[str, str, str], list[Intervention]] = {}
    for item in view.done:
        rows.setdefault((item.kind, item.label, item.grade), []).append(item)
    named = []
    for (kind, label, grade), items in rows.items():
        text = _name(view, kind, label)
        if len(grade) == 1:
            text += f", {view.texts('grade_letter', grade=grade)}"
        elif grade:
            text += f", {view.texts.grade(grade)}"
        named.append((text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…", items))
    if len(named) > _MAX_ROWS:
        rest = named[_MAX_ROWS - 1 :]
        named = named[: _MAX_ROWS - 1]
        named.append((view.texts("more", count=len(rest)), [item for _, items in rest for item in items]))
    return [Row(label, items, 1 if _fits_beside(view, label, items) else 2) for label, items in named]


def _name(view: View, kind: str, label: str) -> str:
    if kind == "stimulus":
        return stimulus_name(label, view.texts)
    return (
        prescription_name(label, view.texts) if kind == "prescribed" else dose_name(label, view.texts).replace("_", " ")
    )


def _span(view: View, items: list[Intervention]) -> tuple[float, float]:
    return float(view.axis(min(item.start for item in items))), float(view.axis(max(item.end for item in items)))


def _fits_beside(view: View, label: str, items: list[Intervention]) -> bool:
    if len(items) == 1 and len(items[0].steps) > 1:
        return False  # the rates stand above the steps
    full = view.end or 1
    first, last = _span(view, items)
    width = (len(label) * _LETTER + 0.2) / _AXIS * full
    return last + width <= full or width <= first


def events(axes: Axes, view: View) -> None:
    """Draw the strip; an infusion is as thick as its rate."""
    rows = strip_rows(view)
    style.panel(axes, view.texts, view.texts("title_events"), "", None)
    axes.set_xlim(0, view.end or 1)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_ylim(sum(row.lines for row in rows) - 0.35, -0.65)
    place = 0
    for row in rows:
        bar = place + row.lines - 1
        for item in row.items:
            _bar(axes, view, bar, item)
        _label(axes, view, place, row)
        if len(row.items) == 1:
            _rates(axes, view, bar, row.items[0], row.label)
        place += row.lines
    if not rows:
        axes.text(0, 0, view.texts("nothing"), fontsize=style.TEXT, color=style.GREY, va="center")
        axes.set_ylim(0.65, -0.65)


def _label(axes: Axes, view: View, place: int, row: Row) -> None:
    """Write a label after the bar, before it, or above it."""
    first, last = _span(view, row.items)
    words = axes.text(0, place, row.label, fontsize=style.TEXT, color=style.INK, va="center", zorder=5)
    full = view.end or 1
    gap, width = _LABEL_GAP / axes.bbox.width * full, _width(words, axes, full)
    if row.lines > 1:
        words.set_x(max(min(first, full - width), 0))
    elif last + gap + width <= full:
        words.set_x(last + gap)
    else:
        words.set(x=first - gap, ha="right")


def _width(words: Text, axes: Axes, full: float) -> float:
    """Return the width of a text in the unit of the time axis."""
    return float(words.get_window_extent().width) / axes.bbox.width * full


def _bar(axes: Axes, view: View, place: int, item: Intervention) -> None:
    """Draw one interval; what is too short to be seen becomes a mark."""
    colour = _COLOURS[item.kind]
    if item.end - item.start < _SHORTEST * view.end * view.per_unit * 1000:
        axes.plot(view.axis(item.start), place, marker="v", color=colour, markersize=6, clip_on=False)
        return
    pieces = item.steps or ((item.start, item.end, 1.0),)
    highest = max((rate for *_, rate in pieces), default=0) or 1
    for start, end, rate in pieces:
        height = _height(rate, highest)
        left, width = view.axis(start), view.axis(end - start)
        axes.broken_barh([(left, width)], (place + 0.35 - height, height), color=colour, alpha=0.55, linewidth=0)


def _height(rate: float, highest: float) -> float:
    return 0.08 + 0.52 * rate / highest


def _rates(axes: Axes, view: View, place: int, item: Intervention, label: str) -> None:
    """Write the rate of each step on top of its bar: with the unit if all have room, or without, or not at all."""
    if len(item.steps) < 2:
        return
    (unit, per_unit), _ = usual_units(item.drug or "oxytocin")
    for ending in (f" {rate_unit(unit, view.texts)}", "")[: 2 if unit in label else 1]:
        texts = []
        fits = True
        highest = max(rate for *_, rate in item.steps) or 1
        for start, end, rate in item.steps:
            middle = float(view.axis((start + end) / 2))
            text = f"{view.texts.number(rate / per_unit, 3)}{ending}"
            top = place + 0.33 - _height(rate, highest)
            words = axes.text(middle, top, text, fontsize=style.SMALL, color=style.INK, va="bottom", ha="center")
            texts.append(words)
            fits = fits and 1.1 * _width(words, axes, view.end or 1) <= float(view.axis(end - start))
        if fits:
            return
        for words in texts:
            words.remove()


def rate_unit(unit: str, texts: Texts) -> str:
    """Return a unit of a dose as it is written in the language."""
    return texts({"mU/min": "milliunits_per_minute", "IU": "units"}[unit]) if unit in ("mU/min", "IU") else unit
