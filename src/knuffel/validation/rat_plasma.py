"""Rat plasma against the check values of the published two-pool model (bolus, infusion, washout)."""

from __future__ import annotations

from typing import Any

import numpy as np

from knuffel.body.circulation.plasma.equations import half_lives, rates
from knuffel.evidence import load
from knuffel.validation.drive import Blood
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

BOLUS_TIMES = (10, 30, 60, 120, 300, 600)
INFUSION_TIMES = (60, 120, 300, 600)
WASHOUT_TIMES = (30, 60, 120, 300, 600)


def rows() -> list[Row]:
    """Return every obtained number of the study."""
    own = Blood("rat_250g", basal=0).disposition
    fast, slow = half_lives(*own)
    infused = Blood("rat_250g", basal=0)
    bolus = Blood("rat_250g", basal=0).course(np.array(BOLUS_TIMES, dtype=float), bolus=1000)
    rising = infused.course(np.array(INFUSION_TIMES, dtype=float), infusion=100)
    falling = infused.course(np.array(WASHOUT_TIMES, dtype=float))
    return [
        Row("RP_clearance", own[0] * 60),
        Row("RP_steady", Blood("rat_250g", basal=0).advance(24 * 3600, infusion=1)),
        Row("RP_fast", float(fast)),
        Row("RP_slow", float(slow)),
        Row("RP_fast_share", _fast_share(own)),
        Row("RP_basal", Blood("rat_250g", basal=0).advance(24 * 3600, infusion=2)),
        *(Row(f"RP_bolus_{time}", level) for time, level in zip(BOLUS_TIMES, bolus, strict=True)),
        *(Row(f"RP_infusion_{time}", level) for time, level in zip(INFUSION_TIMES, rising, strict=True)),
        *(Row(f"RP_washout_{time}", level) for time, level in zip(WASHOUT_TIMES, falling, strict=True)),
    ]


def _fast_share(own: tuple[float, float, float, float]) -> float:
    """Return the share of the fast exponential in the course after a bolus."""
    found = rates(*own)
    return float((found.fast - found.k21) / (found.fast - found.slow))


def figures() -> dict[str, Any]:
    """Return the figure of the study: bolus, infusion and washout with the check values."""
    from matplotlib.figure import Figure

    targets = load.targets()
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    times = np.arange(2.0, 601, 2)
    expected = {"marker": "o", "linestyle": "", "color": "black", "label": "computed beforehand"}
    left.semilogy(times / 60, Blood("rat_250g", basal=0).course(times, bolus=1000), label="model")
    left.plot(np.array(BOLUS_TIMES) / 60, [targets[f"RP_bolus_{time}"].published for time in BOLUS_TIMES], **expected)
    left.set(xlabel="minutes after the bolus", ylabel="oxytocin given (pg/mL)", title="1 ng into a vein")
    blood = Blood("rat_250g", basal=0)
    course = np.concatenate([blood.course(times, infusion=100), blood.course(times)])
    right.plot(np.concatenate([times, 600 + times]) / 60, course, label="model")
    moments = [*INFUSION_TIMES, *(600 + time for time in WASHOUT_TIMES)]
    names = [*(f"RP_infusion_{time}" for time in INFUSION_TIMES), *(f"RP_washout_{time}" for time in WASHOUT_TIMES)]
    right.plot(np.array(moments) / 60, [targets[name].published for name in names], **expected)
    right.set(xlabel="minutes", ylabel="oxytocin given (pg/mL)", title="100 pg/s for ten minutes")
    right.set_ylim(bottom=0)
    for axes in (left, right):
        axes.legend(fontsize="small")
    return {"rat_plasma": figure}
