"""Mental stress during a feed: pulses that samples show in many small trials, and the milk that a baby gets."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from knuffel.analysis.milk_ejection import definitions, ejection_peaks
from knuffel.validation.nursing import Feed, nurse
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

TRIALS = 200
ARMS = {"control": (0.0, 8), "arithmetic": (0.9, 7), "noise": (1.0, 7)}
"""Arm -> (arousal, women), 22 in all as in the study."""
APPETITES = (30, 40)

_SECONDS = 1200
_P_VALUE = 0.05
_BLUE, _RED = "#0072b2", "#d55e00"


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/breastfeeding_stress.toml`."""
    counts = {name: _counts(place, *arm) for place, (name, arm) in enumerate(ARMS.items())}
    found = [Row(f"B11_{name}", float(table.mean())) for name, table in counts.items()]
    for name in ("arithmetic", "noise"):
        found.append(Row(f"B11_{name}_power", _power(counts["control"], counts[name])))
    return found + _milk()


def _counts(place: int, arousal: float, women: int) -> Any:
    """Return the sampled counts of all trials of one arm, (trial, woman); every woman takes part once."""
    feed = nurse(_SECONDS, TRIALS * women, seed=place, breasts=False, levels={"stimuli.arousal": arousal})
    return feed.sampled()[0].reshape(TRIALS, women)


def _power(control: Any, stressed: Any) -> float:
    """Return the share of trials in which fewer pulses under stress are significant (Welch's t, two-sided)."""
    from scipy.special import stdtr

    variances = [arm.var(axis=1, ddof=1) / arm.shape[1] for arm in (control, stressed)]
    both = variances[0] + variances[1]
    # Trials without any spread in either arm have no test: they count as not significant.
    tested = both > 0
    fall = (control.mean(axis=1) - stressed.mean(axis=1))[tested] / np.sqrt(both[tested])
    pieces = sum(v[tested] ** 2 / (arm.shape[1] - 1) for v, arm in zip(variances, (control, stressed), strict=True))
    p = 2 * stdtr(both[tested] ** 2 / pieces, -np.abs(fall))
    return float(((fall > 0) & (p < _P_VALUE)).sum() / len(control))


@lru_cache(maxsize=8)
def _feed(arousal: float, appetite: float = 0) -> Feed:
    return nurse(_SECONDS, levels={"stimuli.arousal": arousal, "stimuli.appetite": appetite})


def _milk() -> list[Row]:
    found = []
    for appetite in APPETITES:
        calm, stressed = (float(_feed(arousal, appetite).removed[:, -1].mean()) for arousal in (0, 1))
        found += [Row(f"B12_calm_{appetite}", calm), Row(f"B12_stressed_{appetite}", stressed)]
        if appetite == APPETITES[0]:
            found.append(Row("B12", stressed / calm))
    unlimited = _feed(1).removed[:, -1].mean() / _feed(0).removed[:, -1].mean()
    return [*found, Row("B12_unlimited", float(unlimited))]


def figures() -> dict[str, Any]:
    """Return the figure of the study: the same woman, calm and doing sums in her head."""
    from matplotlib.figure import Figure

    calm, stressed = _feed(0), _feed(0.9)
    row = _telling(calm, stressed)
    figure = Figure(figsize=(9, 6.5), layout="constrained")
    axes = figure.subplots(3, 2, sharex=True, sharey="row", height_ratios=(3, 3, 2))
    figure.suptitle("The same woman, calm and doing sums in her head: only the first let-down survives")
    for column, (feed, name, colour) in enumerate(((calm, "calm", _BLUE), (stressed, "stressed (Z = 0.9)", _RED))):
        blood, press, milk = axes[:, column]
        minutes, pressure = feed.time / 60, feed.pressure[row]
        peaks = ejection_peaks(pressure)
        blood.plot(minutes, feed.plasma[row], color=colour)
        blood.set_title(name)
        press.plot(minutes, pressure, color=colour)
        press.plot(minutes[peaks], pressure[peaks] + 1.2, "v", color="0.3")
        words = "1 let-down" if len(peaks) == 1 else f"{len(peaks)} let-downs"
        press.text(0.98, 0.95, words, transform=press.transAxes, ha="right", va="top")
        volume, capped = feed.removed[row, -1], _feed(0.9 if column else 0, APPETITES[0]).removed[row]
        milk.plot(minutes, feed.removed[row], color=colour, label=f"large appetite: {volume:.0f} mL")
        milk.plot(minutes, capped, "--", color=colour, label=f"newborn, stops at 30 mL: {capped[-1]:.0f} mL")
        milk.legend(fontsize="small", loc="upper left", frameon=False)
        milk.set(xlabel="minutes after latching", xlim=(0, 20), xticks=range(0, 21, 5))
    axes[0, 0].set(ylabel="oxytocin (pg/mL)", ylim=(0, None))
    axes[1, 0].set(ylabel="pressure (mmHg)", ylim=(0, 1.25 * calm.pressure[row].max()))
    axes[2, 0].set(ylabel="milk (mL)", ylim=(0, 1.6 * calm.removed[row, -1]))
    return {"breastfeeding_stress": figure}


def _telling(calm: Feed, stressed: Feed) -> int:
    """Return a woman with the usual number of let-downs in both feeds, all of them over, and milk near the means."""
    usual = np.ones(len(calm.pressure), dtype=bool)
    distance = np.zeros(len(calm.pressure))
    for feed in (calm, stressed):
        counts, milk = feed.ejections(), feed.removed[:, -1]
        usual &= counts == round(float(np.median(counts)))
        usual &= feed.pressure[:, -1] - feed.resting_pressure < definitions().let_down_rise
        distance += np.abs(milk - milk.mean())
    return int(np.argmin(np.where(usual, distance, np.inf)))
