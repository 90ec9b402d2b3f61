"""The panels of side effects: blood pressure and heart rate, serum sodium with its limits, urine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from knuffel.report import people, style
from knuffel.report.panels import curve
from knuffel.report.view import View, outline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from knuffel.report.view import Drawer

__all__ = ["panels", "sodium", "urine", "vessels"]

_SEEN = 0.3
_PRESSURE, _HEART = "circulation.map_change", "circulation.heart_rate_change"
_SODIUM, _FLOW = "water.serum_sodium", "water.urine_flow"
_LIMITS = (("water.amber_limit", style.ORANGE, "sodium_amber"), ("water.red_limit", style.VERMILION, "sodium_red"))


def panels(view: View) -> list[tuple[float, Drawer]]:
    """Return height (inches) and drawing function of the panels of what ran."""
    wanted: list[tuple[str, float, Drawer]] = [(_PRESSURE, 1.1, vessels), (_SODIUM, 1.0, sodium), (_FLOW, 0.75, urine)]
    found = [(height, drawer) for name, height, drawer in wanted if view.has(name)]
    return [item for item in found if item[1] is not vessels or _moved(view)]


def _moved(view: View) -> bool:
    """Tell whether pressure or heart rate change by as much as a line is thick on the smallest axis."""
    changes = [view.level(name) for name in (_PRESSURE, _HEART) if view.has(name)]
    return max(float(np.nanmax(np.abs(change), initial=0)) for change in changes) >= _SEEN


def vessels(axes: Axes, view: View) -> None:
    """Draw the change of mean arterial pressure and that of the heart rate."""
    style.panel(axes, view.texts, view.texts("title_vessels"), view.texts("axis_vessels"), view.grade(_PRESSURE))
    curve(axes, view, _PRESSURE, style.BLUE, view.texts("mean_pressure"))
    highest, labels = 0.0, [view.texts("mean_pressure")]
    if view.has(_HEART):
        dashes = people.DASHED if people.few(view) else "-"
        highest = curve(axes, view, _HEART, style.VERMILION, view.texts("heart_rate"), dashes=dashes)
        labels.append(view.texts("heart_rate"))
    axes.axhline(0, color=style.GREY, linewidth=0.5)
    lowest = float(view.level(_PRESSURE).min())
    axes.set_ylim(min(1.15 * lowest, -1), max(2 * highest, 1))
    people.line_key(axes, view, labels)


def sodium(axes: Axes, view: View) -> None:
    """Draw serum sodium and the limits below which a result warns."""
    style.panel(axes, view.texts, view.texts("title_sodium"), view.texts("axis_sodium"), view.grade(_SODIUM))
    values = view.level(_SODIUM)
    curve(axes, view, _SODIUM, style.PURPLE, None)
    used = {item["id"]: item["value"] for item in view.attributes.get("parameters", ())}
    lowest, highest = float(values.min()), float(values.max())
    for name, colour, label in _LIMITS:
        if name in used:
            limit = float(used[name])
            axes.axhline(limit, color=colour, linewidth=0.7, linestyle=(0, (4, 3)), label=view.texts(label))
            lowest = min(lowest, limit)
    axes.set_ylim(lowest - 2, highest + 4)
    style.legend(axes)


def urine(axes: Axes, view: View) -> None:
    """Draw the urine that is being made, in mL/min."""
    style.panel(axes, view.texts, view.texts("title_urine"), view.texts("axis_urine"), view.grade(_FLOW))
    if people.few(view):
        highest = curve(axes, view, _FLOW, style.ORANGE, None, scale=60)
    else:
        middle = 60 * view.band(_FLOW)[0]
        axes.plot(*outline(view.time, middle), color=style.ORANGE, linewidth=1.1)
        highest = float(middle.max(initial=0))
    axes.set_ylim(0, 1.08 * highest or 1)
