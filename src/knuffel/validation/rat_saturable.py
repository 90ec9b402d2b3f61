"""The clearance of rats that saturates, against anaesthetised rats at two doses, and against the other set of a rat."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.evidence import load
from knuffel.validation.drive import Blood, Floats
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

_SET, _OTHER, _WEIGHT = "rat_saturable", "rat_250g", 0.25
_LOW, _HIGH = 500.0, 1000.0
"""ng/kg: the largest of the small and the smallest of the large doses of the study."""
_TINY, _HUGE = 1.0, 1e6
_STEP, _WHOLE = 2.0, 3600.0
"""s."""


def rows() -> list[Row]:
    """Return every obtained number of the study."""
    at_rest = _clearance(_TINY)
    return [
        Row("RS_clearance_low", _clearance(_LOW)),
        Row("RS_clearance_high", _clearance(_HIGH)),
        Row("RS_half_life_low", _half_life(_LOW)),
        Row("RS_half_life_high", _half_life(_HIGH)),
        Row("RS_limit_low", at_rest),
        Row("RS_limit_high", _clearance(_HUGE)),
        Row("RS_between_sets", at_rest / (Blood(_OTHER).clearance * 60 / _WEIGHT)),
    ]


@lru_cache
def _course(dose: float, name: str = _SET) -> tuple[Floats, Floats]:
    """Return times (s, from zero) and levels (pg/mL) after a dose in ng/kg at once."""
    blood = Blood(name, basal=0)
    mass = dose * 1000 * _WEIGHT
    times = np.arange(_STEP, _WHOLE + _STEP, _STEP)
    levels = blood.course(times, bolus=mass)
    return np.concatenate([[0], times]), np.concatenate([[mass / blood.disposition[1]], levels])


def _clearance(dose: float) -> float:
    """Return dose over area, in mL/min/kg."""
    from scipy.integrate import simpson

    times, levels = _course(dose)
    return float(dose * 1000 / simpson(levels, x=times)) * 60


def _half_life(dose: float) -> float:
    """Return the terminal half-life in min, read off the curve from 30 to 60 min."""
    times, levels = _course(dose)
    first, last = np.interp([_WHOLE / 2, _WHOLE], times, levels)
    return float(np.log(2) * _WHOLE / 2 / np.log(first / last) / 60)


def figures() -> dict[str, Any]:
    """Return the figure of the study: clearance against dose, and levels relative to the dose."""
    from matplotlib.figure import Figure

    targets = load.targets()
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    doses = np.logspace(0, 4, 17)
    left.semilogx(doses, [_clearance(dose) for dose in doses], label=_SET)
    left.axhline(Blood(_OTHER).clearance * 60 / _WEIGHT, color="C1", label=_OTHER)
    for target, low, high in (("RS_clearance_low", 10, _LOW), ("RS_clearance_high", _HIGH, 10_000)):
        spread = targets[target].interval
        left.fill_between([low, high], *([edge, edge] for edge in spread), alpha=0.2, color="grey")
        left.plot([low, high], [targets[target].published] * 2, "k-")
    left.plot([], [], "k-", label="published: anaesthetised males, mean and SD")
    left.set(xlabel="dose (ng/kg)", ylabel="clearance (mL/min/kg)", title="Dose over area")
    left.set_ylim(bottom=0)
    left.legend(fontsize="small")
    for dose in (10.0, _LOW, _HIGH, 10_000.0):
        times, levels = _course(dose)
        right.semilogy(times / 60, levels / dose, label=f"{dose:g} ng/kg")
    times, levels = _course(_LOW, _OTHER)
    right.semilogy(times / 60, levels / _LOW, "k--", label=_OTHER)
    right.set(xlabel="minutes after the dose", ylabel="pg/mL for each ng/kg", title="Levels", xlim=(0, 30))
    right.set_ylim(bottom=1e-6)
    right.legend(fontsize="small")
    return {"rat_saturable": figure}
