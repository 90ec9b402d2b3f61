"""Few subjects, drawn one by one: who they are, their colours, and the key that all panels share."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from knuffel.population.spec import COVARIATES
from knuffel.report import style
from knuffel.report.view import View, outline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from knuffel.report.texts import Texts

__all__ = [
    "DASHED",
    "MOST",
    "colours",
    "curves",
    "differing",
    "dose_name",
    "few",
    "key",
    "key_lines",
    "line_key",
    "names",
    "shares",
]

Floats = npt.NDArray[np.float64]

MOST = 10
"""Subjects up to which a median would say less than their own curves."""

DASHED = "--"
"""The second quantity of a panel, where colours are taken by the subjects."""

_DISTINCT = (
    style.BLUE,
    style.VERMILION,
    style.GREEN,
    style.PURPLE,
    style.ORANGE,
    style.SKY,
    style.INK,
    "#882255",
    "#999933",
    "#6b6b6b",
)
# The ends of the map are too dark to be told from ink and too light to be seen on white.
_DARKEST, _LIGHTEST = 0.0, 0.9
# Inches of a letter of the key, on the safe side, and of its line with the gaps around it.
_LETTER, _HANDLE = 0.052, 0.33
_SUBJECT = "subject "


def few(view: View) -> bool:
    """Tell whether each subject has a curve of its own."""
    return 1 < view.subjects <= MOST


def differing(view: View) -> str | None:
    """Return the covariate in which the subjects differ, when it is the only thing that was drawn or given."""
    moved = []
    for name, variable in view.variables.items():
        room, _, what = name.partition(".")
        if room == "subject":
            values = np.asarray(variable.data[...], dtype=np.float64)
            if np.ptp(values) > 0:
                moved.append(what)
    return moved[0] if len(moved) == 1 and moved[0] in COVARIATES else None


def names(view: View) -> list[str]:
    """Return what each subject is called: by the covariate that differs, or by number."""
    what = differing(view)
    if what is None:
        return [view.texts("subject_number", number=place + 1) for place in range(view.subjects)]
    values = np.asarray(view.variables[f"subject.{what}"].data[...], dtype=np.float64)
    return [view.texts.choice("subject_by", what, value=view.texts.number(value, 3)) for value in values]


def colours(view: View) -> list[Any]:
    """Return a colour for each of few subjects: in the order of the covariate that differs, or distinct ones."""
    what = differing(view)
    if what is None:
        return list(_DISTINCT[: view.subjects])
    from matplotlib import colormaps

    values = np.asarray(view.variables[f"subject.{what}"].data[...], dtype=np.float64)
    share = (values - values.min()) / np.ptp(values)
    return [colormaps["viridis"](_LIGHTEST - (_LIGHTEST - _DARKEST) * float(place)) for place in share]


def curves(axes: Axes, view: View, name: str, width: float, dashes: str, scale: float) -> float:
    """Draw a level of each of few subjects and return the highest value."""
    values = scale * view.level(name)
    for row, colour in zip(values, colours(view), strict=True):
        axes.plot(*outline(view.time, row), color=colour, linewidth=width, linestyle=dashes, zorder=3)
    return float(np.max(values, initial=0, where=np.isfinite(values)))


def shares(axes: Axes, view: View, values: Floats, colour: str, label: str | None, dashes: str) -> None:
    """Draw what was computed from a level: each of few subjects, the median and the middle 90 % of many."""
    if few(view):
        for row, own in zip(values, colours(view), strict=True):
            axes.plot(*outline(view.time, row), color=own, linewidth=1.1, linestyle=dashes, zorder=3)
        return
    low, middle, high = np.nanquantile(values, (0.05, 0.5, 0.95), axis=0)
    axes.plot(*outline(view.time, middle), color=colour, linewidth=1.2, linestyle=dashes, label=label, zorder=3)
    if view.subjects > 1:
        axes.fill_between(view.time, low, high, color=colour, alpha=0.15, linewidth=0)


def line_key(axes: Axes, view: View, labels: Sequence[str]) -> None:
    """Tell two quantities of a panel apart: full lines from dashed ones where colours say who."""
    if few(view):
        for text, dashes in zip(labels, ("-", DASHED), strict=False):
            axes.plot([], [], color=style.GREY, linewidth=1.1, linestyle=dashes, label=text)
    style.legend(axes)


def key_lines(view: View, inches: float) -> int:
    """Return how many lines the key takes below the note on the subjects."""
    return ceil(view.subjects / _columns(view, inches)) if few(view) else 0


def _columns(view: View, inches: float) -> int:
    longest = max(len(name) for name in names(view))
    most = max(int(inches / (_HANDLE + _LETTER * longest)), 1)
    return ceil(view.subjects / ceil(view.subjects / most))


def key(figure: Figure, view: View, left: float, top: float, inches: float) -> None:
    """Put the key of few subjects into the head of the figure; it holds for every panel."""
    from matplotlib.lines import Line2D

    if not few(view):
        return
    columns = _columns(view, inches)
    # A legend fills its columns one after the other; the eye follows the lines.
    order = [place for first in range(columns) for place in range(first, view.subjects, columns)]
    found, shown = names(view), colours(view)
    figure.legend(
        [Line2D([], [], color=shown[place], linewidth=1.6) for place in order],
        [found[place] for place in order],
        loc="upper left",
        bbox_to_anchor=(left, top),
        ncols=columns,
        fontsize=style.SMALL,
        labelcolor=style.INK,
        frameon=False,
        borderpad=0,
        borderaxespad=0,
        handlelength=1.6,
        columnspacing=1.2,
    )


def dose_name(label: str, texts: Texts) -> str:
    """Return a dose as `dose_text` tells it, with the one subject who gets it in the language of the reader."""
    head, found, rest = label.partition(": ")
    number = head.removeprefix(_SUBJECT)
    if not found or number == head or not number.isdigit():
        return label
    return f"{texts('subject_number', number=number)}: {rest}"
