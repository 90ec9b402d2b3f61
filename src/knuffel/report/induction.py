"""The panel of an induction: what the pump did, step by step, and how far the protocol goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from knuffel.body.doses import INDUCING
from knuffel.report import style
from knuffel.report.view import PUMP_RATE, View, outline
from knuffel.scenario.dose_units import usual_units

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from knuffel.report.view import Drawer

__all__ = ["panels", "rate"]

_HEADROOM = 1.3


def panels(view: View) -> list[tuple[float, Drawer]]:
    """Return height (inches) and drawing function of the panel, when a protocol ran."""
    return [(0.85, rate)] if view.has(PUMP_RATE) and view.attributes.get("protocol") else []


def rate(axes: Axes, view: View) -> None:
    """Draw the rate of the pump; a recorded value held since the row before, so a step goes up at its start."""
    style.panel(axes, view.texts, view.texts("title_pump"), view.texts("axis_pump"), view.grade(PUMP_RATE))
    (_, per_unit), _ = usual_units(INDUCING)
    middle, low, high = (values / per_unit for values in view.band(PUMP_RATE))
    if view.subjects > 1:
        axes.fill_between(view.time, low, high, step="pre", color=style.ORANGE, alpha=0.2, linewidth=0)
    axes.plot(*outline(view.time, middle), drawstyle="steps-pre", color=style.ORANGE, linewidth=1.2)
    most = float(view.attributes["protocol"]["maximum"]) / per_unit
    label = view.texts("pump_maximum")
    axes.axhline(most, color=style.GREY, linewidth=0.7, linestyle=(0, (4, 3)), label=label)
    axes.set_ylim(0, _HEADROOM * max(most, float(np.max(high, initial=0))) or 1)
    style.legend(axes)
