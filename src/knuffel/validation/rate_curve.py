"""Firing rate against synaptic input: PSP rates of 100 to 800 Hz, inhibition in proportion.

With the AHP, whose mean is proportional to the rate, the curve is nearly a straight line; without it the curve is much
steeper, and bends upwards at first (DOI 10.1371/journal.pone.0180368 names AHP and HAP as what a cell needs).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.validation.cells import Floats, record
from knuffel.validation.row import Row
from knuffel.validation.spiking import SETS

__all__ = ["PSP_RATES", "figures", "rows"]

PSP_RATES = np.arange(100.0, 801.0, 50.0)
"""Excitatory PSPs per second."""

_SECONDS, _LINEAR = 100, 2
"""Length of each run of 128 cells, and the rate (spikes/s) above which the curve counts as straight."""


@lru_cache(maxsize=4)
def _curve(set_name: str, blocked: bool = False) -> Floats:
    """Return the mean rate (spikes/s) at every PSP rate, with or without the AHP."""
    changes: dict[str, Any] = {"ahp_size": 0.0} if blocked else {}
    return np.array([record(set_name, float(rate), _SECONDS, **changes).rate for rate in PSP_RATES])


def _straight(rate: Floats) -> tuple[float, float]:
    """Return slope (spikes per PSP) and R squared of a straight line through the rates above 2/s."""
    x, y = PSP_RATES[rate > _LINEAR], rate[rate > _LINEAR]
    slope, start = np.polyfit(x, y, 1)
    explained = 1 - ((y - start - slope * x) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    return float(slope), float(explained)


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/rate_curve.toml`."""
    found = []
    for set_name, label in SETS.items():
        rate, blocked = _curve(set_name), _curve(set_name, blocked=True)
        found += [
            Row(f"RI_{label}_rising", float(np.diff(rate).min())),
            Row(f"RI_{label}_straight", _straight(rate)[1]),
            Row(f"RI_{label}_steeper", _straight(blocked)[0] / _straight(rate)[0]),
            Row(f"RI_{label}_bend", float((blocked[3] - blocked[2]) / (blocked[1] - blocked[0]))),
        ]
    return found


def figures() -> dict[str, Any]:
    """Return rate against PSP rate of both sets, with and without the AHP, and the straight lines."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.8), layout="constrained")
    for axes, blocked in zip(figure.subplots(1, 2), (False, True), strict=True):
        for set_name in SETS:
            rate = _curve(set_name, blocked)
            (line,) = axes.plot(PSP_RATES, rate, "o-", markersize=4, label=set_name)
            if not blocked:
                chosen = rate > _LINEAR
                fitted = np.polyval(np.polyfit(PSP_RATES[chosen], rate[chosen], 1), PSP_RATES[chosen])
                axes.plot(PSP_RATES[chosen], fitted, ":", color=line.get_color())
        title = "without AHP (apamin): steep, bent" if blocked else "with AHP: nearly straight (dotted: line above 2/s)"
        axes.set(xlabel="excitatory PSPs/s", ylabel="spikes/s", title=title)
        axes.set_ylim(bottom=0)
        axes.legend(fontsize="small", frameon=False)
    return {"rate_curve": figure}
