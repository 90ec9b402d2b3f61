"""Let-down in women: single pulses, a feed of four, weaker pulses, antagonists, and oxytocin that was given."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from knuffel.validation.let_down import Trace, crossing, human, plasma, width
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

_BASAL, _SEEN = 1.9, 1.5
_PULSE, _FIRST = 20, 35
_FOUR = (35, 215, 395, 575)
_MASSES = (10, 20, 30, 60)
_STEPS = (100, 250, 1000)
_PG = 1710
_LATE = 900


def _pulses(mass: float, starts: tuple[int, ...]) -> list[tuple[float, float, float]]:
    return [(start, _PULSE, mass * 1000) for start in starts]


@lru_cache(maxsize=8)
def _one(mass: float) -> Trace:
    """Return the answer to one pulse (ng) 35 s after latching."""
    return human(plasma("human", _BASAL, _pulses(mass, (_FIRST,))), 300)


@lru_cache(maxsize=16)
def _four(share: float = 1, ratio: float = 1, volume: float = 110, step: int = 500) -> Trace:
    """Return a feed of four pulses, at a share of their mass, in steps of so many ms."""
    course = plasma("human", _BASAL, _pulses(30 * share, _FOUR))
    return human(course, _LATE, ratio=ratio, volume=volume, step=step)


@lru_cache(maxsize=8)
def _given(milliunits: float, seconds: float, length: float) -> Trace:
    """Return the answer to oxytocin given into a vein."""
    return human(plasma("human", _BASAL, [(0, seconds, milliunits * _PG)]), length)


def _name(number: float) -> str:
    return f"{number:g}".replace(".", "_")


def rows() -> list[Row]:
    """Return the obtained values for the targets of `evidence/targets/human_let_down.toml`."""
    found = []
    for mass in _MASSES:
        trace = _one(mass)
        first, lasting = crossing(trace, _SEEN)
        course = plasma("human", _BASAL, _pulses(mass, (_FIRST,)))(np.array([55.0]))
        found += [
            Row(f"HL_plasma_{mass}", float(course[0])),
            Row(f"HL_peak_{mass}", trace.peak),
            Row(f"HL_time_{mass}", trace.time_of_peak),
            Row(f"HL_from_{mass}", first),
            Row(f"HL_for_{mass}", lasting),
            Row(f"HL_tenth_{mass}", width(trace, 0.1)),
            Row(f"HL_width_{mass}", width(trace)),
            Row(f"HL_removed_{mass}", trace.removed_by(230)),
            Row(f"HL_flow_{mass}", trace.highest_flow),
        ]
    feed = _four()
    edges = [*_FOUR, _LATE]
    for place, (start, end) in enumerate(pairwise(edges)):
        inside = (feed.time > start) & (feed.time <= end)
        found.append(Row(f"HL_four_{place + 1}", float(feed.rise[inside].max())))
    found += [Row(f"HL_feed_{second}", feed.removed_by(second)) for second in (230, 410, 590, 900)]
    time = np.arange(0.0, _LATE, 1)
    levels = plasma("human", _BASAL, _pulses(30, _FOUR))(time)
    found += [Row("HL_feed_mean", float(levels.mean())), Row("HL_feed_highest", float(levels.max()))]
    found += [Row(f"HL_volume_{volume}", _four(volume=volume).removed_by(_LATE)) for volume in (40, 170)]
    found.append(Row("HL_none", human(plasma("human", _BASAL, []), _LATE).removed_by(_LATE)))
    for ratio in (2.0, 5.0, 16.7):
        trace = _four(ratio=ratio)
        found += [Row(f"HL_ratio_peak_{_name(ratio)}", trace.peak)]
        found += [Row(f"HL_ratio_milk_{_name(ratio)}", trace.removed_by(_LATE))]
    for share in (0.82, 0.5, 0.37, 0.2):
        trace = _four(share)
        found += [Row(f"HL_mass_peak_{_name(share)}", trace.peak)]
        found += [Row(f"HL_mass_milk_{_name(share)}", trace.removed_by(_LATE))]
    for step in _STEPS:
        trace = _four(step=step)
        found += [Row(f"HL_step_peak_{step}", trace.peak), Row(f"HL_step_milk_{step}", trace.removed_by(410))]
    return found + _infused() + _early_days() + _published()


def _infused() -> list[Row]:
    small, large, steady = _given(10, 0.5, 600), _given(100, 0.5, 600), _given(300, 1800, 1800)
    return [
        Row("HL_bolus_10", small.peak),
        Row("HL_bolus_10_time", small.time_of_peak),
        Row("HL_bolus_10_milk", small.removed_by(600)),
        Row("HL_bolus_100", large.peak),
        Row("HL_bolus_100_milk", large.removed_by(600)),
        Row("HL_infusion", steady.peak),
        Row("HL_infusion_time", steady.time_of_peak),
        Row("HL_infusion_end", float(steady.rise[-1])),
        Row("HL_infusion_milk", steady.removed_by(1800)),
    ]


def _early_days() -> list[Row]:
    """Return a feed of the first days: five pulses of 15 ng, 120 s apart."""
    starts = tuple(range(35, 600, 120))
    trace = human(plasma("human", _BASAL, _pulses(15, starts)), 600)
    time = np.arange(0.0, 600, 1)
    level = float(plasma("human", _BASAL, _pulses(15, starts))(time).mean())
    return [Row("HL_early_milk", trace.removed_by(600)), Row("HL_early_level", level)]


def _published() -> list[Row]:
    blocked = _four(ratio=16.7)
    return [
        Row("B08_fraction", 100 * _four().removed_by(_LATE) / 110),
        Row("B08_latency", crossing(_four(), 1)[0]),
        Row("B17_duration", width(_one(30), 0.1) / 60),
        Row("B21_peak", blocked.peak),
        Row("B21_milk", blocked.removed_by(_LATE)),
    ]


def figures() -> dict[str, Any]:
    """Return a feed of four pulses, without and with antagonists."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 6), layout="constrained")
    blood, pressure, milk = figure.subplots(3, 1, sharex=True)
    time = np.arange(0.0, _LATE, 1)
    blood.plot(time / 60, plasma("human", _BASAL, _pulses(30, _FOUR))(time), color="black")
    blood.set(ylabel="plasma (pg/mL)", title="A feed of four pulses of 30 ng, one breast with 110 mL", ylim=(0, None))
    for ratio, label, colour in (
        (1.0, "no antagonist", "C0"),
        (2.0, "dose ratio 2", "C1"),
        (5.0, "dose ratio 5", "C3"),
    ):
        trace = _four(ratio=ratio)
        pressure.plot(trace.time / 60, trace.rise, color=colour, label=label)
        milk.plot(trace.time / 60, trace.removed, color=colour, label=f"{trace.removed[-1]:.0f} mL")
    pressure.set(ylabel="rise of pressure (mmHg)", ylim=(0, None))
    milk.set(ylabel="milk removed (mL)", xlabel="minutes after latching", ylim=(0, None), xlim=(0, 15))
    for axes in (pressure, milk):
        axes.legend(fontsize="small")
    return {"human_let_down": figure}
