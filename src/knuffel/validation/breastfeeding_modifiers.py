"""What alcohol, morphine and an antagonist do to let-down, and a feed of the first days."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.validation.nursing import WOMEN, Feed, nurse
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

DOSES = {"075": 0.75, "125": 1.25}
"""Name in the target ids -> alcohol in g/kg."""

_FOUR = [(start, 20.0, 30_000.0) for start in (35.0, 215.0, 395.0, 575.0)]
_FIVE = [(start, 20.0, 15_000.0) for start in (35.0, 155.0, 275.0, 395.0, 515.0)]
_DOSE_RATIO = 16.7
_OCCUPANCY = 0.8
_LOW_DOSE = 0.4
_STUDIES, _IN_STUDY = 100, 17
_P_VALUE = 0.05


@lru_cache(maxsize=8)
def _feed(alcohol: float = 0, occupancy: float = 0) -> Feed:
    return nurse(900, levels={"modulators.alcohol_dose": alcohol, "modulators.mu_opioid_occupancy": occupancy})


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/breastfeeding_modifiers.toml`."""
    found = [Row(f"B19_{name}", 100 * (_activity(dose) / _activity(0) - 1)) for name, dose in DOSES.items()]
    calm, drugged = (feed.plasma.mean() - feed.basal for feed in (_feed(), _feed(occupancy=_OCCUPANCY)))
    blocked = nurse(900, 1, given=_FOUR, levels={"receptors.antagonist_dose_ratio": _DOSE_RATIO})
    early = nurse(600, 1, given=_FIVE)
    return [
        *found,
        Row("B19_low", _low_dose()),
        Row("B20", float(100 * drugged / calm)),
        Row("B21_feed_peak", float(blocked.pressure.max() - blocked.resting_pressure)),
        Row("B21_feed_milk", float(blocked.removed[0, -1])),
        Row("BE_ejections", float(early.ejections()[0])),
        Row("BE_milk", float(early.removed[0, -1])),
        Row("BE_plasma", float(early.plasma.mean())),
    ]


def _activity(alcohol: float) -> float:
    return float(_feed(alcohol).activity().mean())


def _low_dose() -> float:
    """Return the share of studies of 17 women, each with and without 0.4 g/kg, in which their plasma falls for sure.

    The same women on another day have other pulses.
    """
    from scipy.stats import ttest_rel

    count = _STUDIES * _IN_STUDY
    sober = nurse(900, count, breasts=False)
    levels = {"modulators.alcohol_dose": _LOW_DOSE}
    drunk = nurse(900, count, seed=1, breasts=False, person=sober.person, levels=levels)
    before, after = (feed.plasma.mean(axis=1).reshape(_STUDIES, _IN_STUDY) for feed in (sober, drunk))
    p = ttest_rel(before, after, axis=1).pvalue
    return float(np.mean((p < _P_VALUE) & (after.mean(axis=1) < before.mean(axis=1))))


def figures() -> dict[str, Any]:
    """Return the figure of the study: let-down activity against alcohol, and pressure under morphine."""
    from matplotlib.figure import Figure

    from knuffel.body.pulses.parameters import PulseSettings
    from knuffel.evidence import load

    targets = load.targets()
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    grid = np.linspace(0, 2, 9)
    for sensitive, label, colour in ((False, "model", "#0072b2"), (True, "model, alcohol_sensitive", "#56b4e9")):
        settings = PulseSettings(alcohol_sensitive=sensitive)
        found = [nurse(900, settings=settings, levels={"modulators.alcohol_dose": dose}).activity() for dose in grid]
        share = [100 * activity.mean() / found[0].mean() for activity in found]
        left.plot(grid, share, color=colour, label=label)
    published = [100 + float(np.mean(targets[f"B19_{name}"].published)) for name in DOSES]
    left.errorbar(
        list(DOSES.values()), published, xerr=0.25, fmt="o", color="black", capsize=3, label="published, range of doses"
    )
    left.set(xlabel="alcohol (g/kg)", ylabel="let-down activity (% of sober)", ylim=(0, 105), xlim=(0, 2))
    left.legend(fontsize="small", frameon=False)
    for feed, label, colour in ((_feed(), "control", "#0072b2"), (_feed(occupancy=0.8), "morphine 5 mg", "#d55e00")):
        low, high = np.quantile(feed.plasma, [0.25, 0.75], axis=0)
        right.plot(feed.time / 60, feed.plasma.mean(axis=0), color=colour, label=label)
        right.fill_between(feed.time / 60, low, high, color=colour, alpha=0.2, linewidth=0)
    right.set(xlabel="minutes after latching", ylabel="oxytocin (pg/mL)", ylim=(0, None), xlim=(0, 15))
    right.set_title(f"mean of {WOMEN} women, and the middle half", fontsize="medium")
    right.legend(fontsize="small", frameon=False)
    return {"breastfeeding_modifiers": figure}
