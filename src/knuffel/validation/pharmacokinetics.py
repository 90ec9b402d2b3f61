"""Human and rat plasma against published clearances, half-lives and levels, and against reference curves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from knuffel.body.receptors.operational import ReceptorParameters
from knuffel.body.receptors.operational.equations import picomolar
from knuffel.evidence import load
from knuffel.units import UG_PER_IU, convert
from knuffel.validation.drive import PG_PER_SECOND, Blood, Floats, numbers
from knuffel.validation.row import Row

__all__ = ["CURVES", "figures", "rows"]

CURVES: dict[str, tuple[float, tuple[int, ...]]] = {
    "human_men": (1.71e6, (1, 5, 10, 20, 60)),
    "human_postmenopausal": (1.71e6, (1, 10, 60)),
    "human_women_np": (1.71e6, (1, 10)),
    "term_A": (1.71e6, (1, 5)),
    "term_B": (1.71e6, (1, 10)),
    "rat_250g": (1000, (1, 5, 10)),
}
"""Set -> (dose in pg, minutes after it) of the reference curves PK07."""

_DAY = 24 * 3600


def rows() -> list[Row]:
    """Return every obtained number of the study."""
    return [*_units(), *_infusions(), *_half_lives(), *_curves(), *_speed(), *_rat()]


def _units() -> list[Row]:
    mass = numbers(ReceptorParameters).molar_mass
    return [
        Row("PK01a", convert(10, "IU", "ug", UG_PER_IU["oxytocin"])),
        Row("PK01b", convert(10, "uU/mL", "pg/mL", UG_PER_IU["oxytocin"])),
        Row("PK01c", picomolar(10, mass)),
    ]


def _steady(name: str, rate: float) -> tuple[float, float]:
    """Return (rise, total) in pg/mL after a day of an infusion in pg/s."""
    blood = Blood(name)
    total = blood.advance(_DAY, infusion=rate)
    return total - blood.basal, total


def _infusions() -> list[Row]:
    after_birth, at_term = _steady("human_women_np", 4300 / 60), _steady("term_A", 17_900 / 60)
    label = {name: _steady(name, 4 * PG_PER_SECOND)[1] / UG_PER_IU["oxytocin"] for name in ("term_A", "term_B")}
    ratio = Blood("term_A").clearance / Blood("human_women_np").clearance
    return [
        Row("PK02a", after_birth[0]),
        Row("PK02b", after_birth[1]),
        Row("PK03a", at_term[0]),
        Row("PK03b", at_term[1]),
        Row("PK04", ratio),
        Row("PK10", label["term_B"]),
        Row("PK10A", label["term_A"]),
        *(
            Row(target, _steady(name, 2 * PG_PER_SECOND)[0] / _steady(name, PG_PER_SECOND)[0])
            for target, name in (("PK12a", "human_women_np"), ("PK12b", "term_A"))
        ),
    ]


def _moments(name: str) -> dict[str, float]:
    """Return half-lives (min), clearance (L/h) and volume at steady state (L) read off a simulated bolus curve."""
    dose, step = 1.71e6, 5
    times = np.arange(step, _DAY + step, step, dtype=float)
    blood = Blood(name, basal=0)
    start = blood.advance(1e-3, bolus=dose)
    levels = np.concatenate([[start], blood.course(times)])
    times = np.concatenate([[0.0], times])
    late = _slope(times, levels, 4 * 3600, 6 * 3600)
    late_part = levels[_at(times, 4 * 3600)] * np.exp(late * (4 * 3600 - times))
    early = _slope(times, levels - late_part, 0, 300)
    area = _integral(times, levels)
    return {
        "fast": np.log(2) / early / 60,
        "slow": np.log(2) / late / 60,
        "clearance": dose / area * 3600 / 1000,
        "volume": dose / area * _integral(times, times * levels) / area / 1000,
    }


def _at(times: Floats, moment: float) -> int:
    return int(np.searchsorted(times, moment))


def _slope(times: Floats, levels: Floats, start: float, end: float) -> float:
    first, last = _at(times, start), _at(times, end)
    return float(np.log(levels[first] / levels[last]) / (times[last] - times[first]))


def _integral(times: Floats, values: Floats) -> float:
    """Return the integral by Simpson's rule."""
    from scipy.integrate import simpson

    return float(simpson(values, x=times))


def _half_lives() -> list[Row]:
    men, older = _moments("human_men"), _moments("human_postmenopausal")
    return [
        Row("PK05a", men["fast"]),
        Row("PK05b", men["slow"]),
        Row("PK05c", men["clearance"]),
        Row("PK06a", older["clearance"]),
        Row("PK06b", older["volume"]),
        Row("PK06c", older["fast"]),
        Row("PK06d", older["slow"]),
    ]


def _curves() -> list[Row]:
    return [
        Row(f"PK07_{name}_{minute}", level)
        for name, (dose, minutes) in CURVES.items()
        for minute, level in zip(
            minutes, Blood(name, basal=0).course(np.array(minutes) * 60.0, bolus=dose), strict=True
        )
    ]


def _time_to(share: float, level: Callable[[float], float], goal: float, longest: float) -> float:
    """Return the minutes at which a monotone course passes ``share`` of the way from its start to ``goal``."""
    begin, low, high = level(0), 0.0, longest
    for _ in range(40):
        middle = (low + high) / 2
        if abs(level(middle) - begin) < share * abs(goal - begin):
            low = middle
        else:
            high = middle
    return high / 60


def _rising(name: str) -> float:
    blood = Blood(name)
    goal = blood.basal + _steady(name, PG_PER_SECOND)[0]
    return _time_to(0.9, lambda time: Blood(name).advance(max(time, 1e-3), infusion=PG_PER_SECOND), goal, 7200)


def _after_infusion(name: str, minutes: float, infusion: float, times: Floats) -> Floats:
    blood = Blood(name, basal=0)
    blood.advance(minutes * 60, infusion=infusion)
    return blood.course(times)


def _speed() -> list[Row]:
    times = np.array([60.0, 600.0])
    bolus = Blood("human_women_np", basal=0).course(times, bolus=1.71e6)
    washout = _after_infusion("human_women_np", 60, 10 * PG_PER_SECOND, times)

    def half(levels: Floats) -> float:
        return float(np.log(2) * 9 / np.log(levels[0] / levels[1]))

    fall = _time_to(
        0.5, lambda time: float(_after_infusion("rat_250g", 60, 100, np.array([max(time, 1e-3)]))[0]), 0, 600
    )
    return [
        Row("PK08", fall),
        Row("PK09a", half(bolus)),
        Row("PK09b", half(washout)),
        Row("PK11", _rising("term_B")),
        Row("PK11A", _rising("term_A")),
    ]


def _rat() -> list[Row]:
    return [Row("PK_rat_clearance", Blood("rat_250g").clearance * 60 / 0.25)]


def figures() -> dict[str, Any]:
    """Return the figure of the study: curves after a bolus with the reference points, and the rise under infusion."""
    from matplotlib.figure import Figure

    targets = load.targets()
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for name, (dose, minutes) in CURVES.items():
        times = np.arange(10.0, 3601, 10)
        (line,) = left.semilogy(times / 60, Blood(name, basal=0).course(times, bolus=dose), label=name)
        expected = [targets[f"PK07_{name}_{minute}"].published for minute in minutes]
        left.plot(minutes, expected, "o", color=line.get_color(), markeredgecolor="black", markersize=5)
    left.plot([], [], "wo", markeredgecolor="black", markersize=5, label="computed beforehand")
    left.set(xlabel="minutes after the bolus", ylabel="oxytocin given (pg/mL)", title="1 IU (rat: 1 ng) into a vein")
    left.set_ylim(bottom=0.01)
    left.legend(fontsize="small")
    for name in ("human_women_np", "term_A", "term_B"):
        times = np.arange(30.0, 3601, 30)
        right.plot(times / 60, Blood(name).course(times, infusion=4 * PG_PER_SECOND), label=name)
    right.axhspan(2 * 1.71, 5 * 1.71, alpha=0.2, label="published: drug label, term")
    right.set(xlabel="minutes of infusion", ylabel="oxytocin (pg/mL)", title="4 mU/min")
    right.set_ylim(bottom=0)
    right.legend(fontsize="small")
    return {"pharmacokinetics": figure}
