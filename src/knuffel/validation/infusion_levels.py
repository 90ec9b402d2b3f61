"""Levels under infusion at term: what protocols of induction reach, and what studies and labels report."""

from __future__ import annotations

from typing import Any

import numpy as np

from knuffel.evidence import load
from knuffel.validation.drive import PG_PER_SECOND, Blood, Floats
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

_SETS = {"A": "term_A", "B": "term_B"}
_PROTOCOLS = {"low": (1, 2, 30, (30, 60, 90, 120)), "high": (6, 6, 20, (30, 60, 90))}
"""Start and step (mU/min), interval (min), minutes that are looked at."""
_DAY = 86_400
_LEVELS = {"thornton": 10.25, "label": 4.0, "fuchs_5": 5.0, "fuchs_13": 13.0}
"""Study -> rate (mU/min), the middle of what it says."""
_SLOPES = ("thornton", "label", "perry", "fuchs")


def rows() -> list[Row]:
    """Return every obtained number of the study."""
    found = []
    for label, name in _SETS.items():
        for protocol in _PROTOCOLS:
            found += _protocol(protocol, label)
        slope = _steady(name, 1) - Blood(name).basal
        found += [Row(f"IL_slope_{study}_{label}", slope) for study in ("set", *_SLOPES)]
        found += [Row(f"IL_level_{study}_{label}", _steady(name, rate)) for study, rate in _LEVELS.items()]
    return [*found, Row("IL_slope_nonpregnant", _steady("human_women_np", 1) - Blood("human_women_np").basal)]


def _steady(name: str, rate: float) -> float:
    """Return the level (pg/mL) after a day of an infusion in mU/min."""
    return Blood(name).advance(_DAY, infusion=rate * PG_PER_SECOND)


def _course(protocol: str, name: str, minutes: Floats) -> Floats:
    """Return the rise (pg/mL) at ascending whole minutes of a protocol; at a step it is the level just before it."""
    start, step, interval, _ = _PROTOCOLS[protocol]
    blood, found = Blood(name), []
    last = int(minutes[-1])
    for minute in range(last):
        rate = start + step * (minute // interval)
        found.append(blood.advance(60, infusion=rate * PG_PER_SECOND) - blood.basal)
    levels: Floats = np.array(found)[np.asarray(minutes, dtype=int) - 1]
    return levels


def _protocol(protocol: str, label: str) -> list[Row]:
    minutes = np.array(_PROTOCOLS[protocol][3])
    levels = _course(protocol, _SETS[label], minutes)
    return [Row(f"IL_{protocol}_{label}_{minute}", level) for minute, level in zip(minutes, levels, strict=True)]


def figures() -> dict[str, Any]:
    """Return the figure of the study: the rise under two protocols, and steady levels against the rate."""
    from matplotlib.figure import Figure

    targets = load.targets()
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    minutes = np.arange(1.0, 121)
    for label, name in _SETS.items():
        for protocol, line in (("low", "-"), ("high", "--")):
            course = _course(protocol, name, minutes)
            left.semilogy(minutes, course, line, color=f"C{label == 'B':d}", label=f"{name}, {protocol} dose")
    left.set(xlabel="minutes of the protocol", ylabel="rise above basal (pg/mL)", title="Induction")
    left.set_ylim(bottom=0.05)
    left.legend(fontsize="small")
    rates = np.array([0.0, 20])
    for name in (*_SETS.values(), "human_women_np"):
        right.plot(rates, [_steady(name, rate) for rate in rates], label=name)
    for study, rate in _LEVELS.items():
        published = targets[f"IL_level_{study}_A"].published
        low, high = published if isinstance(published, tuple) else (published, published)
        right.plot([rate, rate], [low, high], "k-o", markersize=4)
        right.annotate(
            study.partition("_")[0].capitalize(),
            (rate, high),
            fontsize="small",
            xytext=(4, 2),
            textcoords="offset points",
        )
    right.plot([], [], "k-o", markersize=4, label="published, each on the scale of its assay")
    right.set(xlabel="infusion (mU/min)", ylabel="oxytocin (pg/mL)", title="Steady levels at term")
    right.legend(fontsize="small", loc="upper left")
    return {"infusion_levels": figure}
