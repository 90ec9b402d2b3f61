"""Eighty women at the breast: let-downs, pulses, milk and latency by the method of each study, and a pump."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.analysis.milk_ejection import definitions, ejection_peaks, sampled_pulses
from knuffel.evidence.resolve import Override
from knuffel.units import UG_PER_IU
from knuffel.validation.nursing import Feed, nurse
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

LENGTHS = (540, 900, 1200)
SHARES = {"45": 0.45, "20": 0.2, "10": 0.1, "05": 0.05}
"""Name in the target ids -> factor on the rate of pulses."""

_INTERVAL = 200
_CUED = 400
_PULSE_NG = 30_000
_BLUE, _RED, _GREEN = "#0072b2", "#d55e00", "#009e73"


@lru_cache(maxsize=8)
def _feed(seconds: int, pumping: float = 0) -> Feed:
    return nurse(seconds, levels={"stimuli.pumping": pumping})


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/breastfeeding_cohort.toml`."""
    columns = (_counts, _levels, _spreads)
    found = [row for seconds in LENGTHS for column in columns for row in column(f"CT_{seconds}", _feed(seconds))]
    for name, share in SHARES.items():
        slowed = nurse(1200, pulses__interval=Override(_INTERVAL / share, "s"))
        found += _counts(f"CT_1200_{name}", slowed)
        if name == "45":
            found += _levels(f"CT_1200_{name}", slowed)
    return [*found, *_methods(), *_cue(), *_pump(), *_misfits()]


def _counts(name: str, feed: Feed) -> list[Row]:
    sampled, _ = feed.sampled()
    ejections = feed.ejections()
    return [
        Row(f"{name}_ejections", float(ejections.mean())),
        Row(f"{name}_ejections_sd", float(ejections.std(ddof=1))),
        Row(f"{name}_sampled", float(sampled.mean())),
        Row(f"{name}_sampled_sd", float(sampled.std(ddof=1))),
        Row(f"{name}_milk", float(feed.removed[:, -1].mean())),
    ]


def _levels(name: str, feed: Feed) -> list[Row]:
    return [
        Row(f"{name}_latency", float(np.nanmean(feed.latencies()))),
        Row(f"{name}_plasma", float(feed.plasma.mean())),
        Row(f"{name}_peak", float(feed.plasma.max(axis=1).mean())),
    ]


def _spreads(name: str, feed: Feed) -> list[Row]:
    return [
        Row(f"{name}_milk_sd", float(feed.removed[:, -1].std(ddof=1))),
        Row(f"{name}_latency_sd", float(np.nanstd(feed.latencies(), ddof=1))),
    ]


def _methods() -> list[Row]:
    expressed, short, level = _feed(900, 1).ejections(), _feed(540).widenings(), _feed(900)
    late = level.plasma[:, level.time >= 180].mean() / UG_PER_IU["oxytocin"]
    return [
        Row("B09_mean", float(expressed.mean())),
        Row("B09_sd", float(expressed.std(ddof=1))),
        Row("B10", float(short.mean())),
        Row("B14", float(late)),
    ]


def _cue() -> list[Row]:
    """Return the share of women whose plasma rises between a cue and latching ten minutes later."""
    feed = nurse(600, _CUED, latched=600, cue=(0, 420), breasts=False)
    seen = feed.plasma.max(axis=1) > (1 + definitions().sample_rise) * feed.basal
    return [Row("B13", float(seen.mean()))]


def _pump() -> list[Row]:
    baby, pump = _feed(900), _feed(900, 1)
    longer = pump.first_duration() / baby.first_duration()
    later = pump.latencies() - baby.latencies()
    return [Row("B18_duration", float(np.nanmedian(longer))), Row("B18_latency", float(np.nanmean(later)))]


def _misfits() -> list[Row]:
    """Return how long the blood sees one pulse, and the highest sample of eighty women relative to rest."""
    one = nurse(900, 1, given=[(0, 20, _PULSE_NG)], breasts=False)
    rise = one.plasma[0] - one.basal
    _, highest = _feed(1200).sampled()
    return [
        Row("CM_surge", float((rise > rise.max() / 2).sum())),
        Row("CM_peak", float(highest.max() / _feed(1200).basal)),
    ]


def figures() -> dict[str, Any]:
    """Return the figure of the study: one feed of a woman near the middle of the group."""
    from matplotlib.figure import Figure

    feed = _feed(900)
    row = _middle(feed)
    minutes = feed.time / 60
    pressure, milk = feed.pressure[row], feed.removed[row]
    peaks = ejection_peaks(pressure)
    found = sampled_pulses(feed.time, feed.plasma[row], seed=feed.seed, subject=row)
    figure = Figure(figsize=(8, 8.5), layout="constrained")
    blood, press, flow, total = figure.subplots(4, 1, sharex=True, height_ratios=(3, 3, 2, 2))
    figure.suptitle("One feed of 15 minutes: the same let-downs, counted twice")

    blood.plot(minutes, feed.plasma[row], color=_BLUE, label="plasma")
    at = found.times / 60
    blood.plot(at, found.levels, "o--", color="0.35", linewidth=0.8, markersize=5, label="samples every 2 min")
    blood.plot(at[found.starts], found.levels[found.starts], "o", color=_RED, markersize=9, label="called a pulse")
    blood.set(ylabel="oxytocin (pg/mL)", ylim=(0, 1.25 * max(feed.plasma[row].max(), found.levels.max())))
    blood.set_title(f"Blood samples count {len(found)}", loc="left", fontsize="medium")
    blood.legend(fontsize="small", loc="upper left", ncols=3, frameon=False)

    press.plot(minutes, pressure, color=_GREEN, label="pressure")
    press.plot(minutes[peaks], pressure[peaks], "v", color=_RED, label="let-down")
    press.set(ylabel="pressure (mmHg)", ylim=(0, 1.3 * pressure.max()))
    press.set_title(f"Pressure counts {len(peaks)}", loc="left", fontsize="medium")
    duct = press.twinx()
    low, high = press.get_ylim()
    gain = float(np.ptp(feed.diameter[row]) / np.ptp(pressure))
    duct.set_ylim(
        feed.resting_diameter + gain * (low - feed.resting_pressure),
        feed.resting_diameter + gain * (high - feed.resting_pressure),
    )
    duct.set_ylabel("duct (mm)")

    flow.fill_between(minutes, np.gradient(milk, feed.time) * 60, color=_BLUE, alpha=0.35, linewidth=0)
    flow.set(ylabel="flow (mL/min)", ylim=(0, None))
    total.plot(minutes, milk, color=_BLUE)
    half = float(minutes[np.argmax(milk >= milk[-1] / 2)])
    total.plot([half, half, 0], [0, milk[-1] / 2, milk[-1] / 2], ":", color="0.4")
    total.annotate(f"half of {milk[-1]:.0f} mL", (half, milk[-1] / 2), (6, -4), textcoords="offset points", va="top")
    total.set(ylabel="milk (mL)", xlabel="minutes after latching", ylim=(0, None), xlim=(0, 15))
    return {"breastfeeding_cohort": figure}


def _middle(feed: Feed) -> int:
    """Return the woman with the usual number of let-downs whose milk is nearest to the mean."""
    milk, ejections = feed.removed[:, -1], feed.ejections()
    usual = ejections == round(float(ejections.mean()))
    return int(np.argmin(np.where(usual, np.abs(milk - milk.mean()), np.inf)))
