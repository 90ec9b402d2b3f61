"""Assays against what laboratories reported, each method against its own description, and saliva after a spray."""

from __future__ import annotations

from typing import Any

import numpy as np

from knuffel.body.contract import Inputs, Subjects
from knuffel.body.fluids import FluidParameters, SalivaAndUrine
from knuffel.engine.random import Streams
from knuffel.evidence import load
from knuffel.observe.assay import Tubes, left_in_tube, measure
from knuffel.units import UG_PER_IU, convert
from knuffel.validation.drive import PG_PER_SECOND, Blood, Floats, numbers
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

_SEED, _SEEDS = 1, 200
_PEOPLE = 39
_MANY = 4000
_REPEATS = 16
_LEVEL = 100.0
"""pg/mL: far from every limit of detection."""
_RATIO, _RHO = 100, 0.35
_OXYTOCINASE_AT_TERM = 2.1
"""IU/mL, as in the quantity of the target."""
_DAY = 24 * 3600
_MINUTE = 60_000


def rows() -> list[Row]:
    """Return every obtained number of the study."""
    return [*_infusion(), *_two_methods(), *_presets(), *_tubes(), *_saliva()]


def _seen(levels: Floats, assay: str, seed: int, gain: float = 1) -> Floats:
    """Return what an assay reports for levels (person, sample), person k being number k of the cohort."""
    people = range(len(levels))
    streams = Streams(seed, "observe")
    return measure(levels, load.assays()[assay], streams, series=assay, subjects=people, gain=gain).value


def _infusion() -> list[Row]:
    """Return the mean of many women at term under infusions, on the scale of the study of 1983."""
    found = []
    for target, rate in (("PK13a", 0), ("PK13b", 5), ("PK13c", 13)):
        level = Blood("term_B").advance(_DAY, infusion=rate * PG_PER_SECOND)
        seen = _seen(np.full((_MANY, 1), level), "ria_fuchs1983_scale", _SEED)
        found.append(Row(target, float(seen.mean())))
    return found


def _resting_levels(seed: int) -> Floats:
    """Return resting levels (person, 1) in pg/mL: secretion and clearance are drawn, the level follows."""
    basal = load.parameters()["physiology.basal_concentration"]
    clearance = load.sets()["human_women_np"].parameters["plasma.clearance"]
    streams, people = Streams(seed, "cohort"), np.arange(_PEOPLE)
    logs = [
        np.sqrt(np.log1p(entry.spread["cv"] ** 2)) * streams(entry.id).normal(0, subject=people)
        for entry in (basal, clearance)
    ]
    assert isinstance(basal.value, float)
    levels: Floats = (basal.value * np.exp(logs[0] - logs[1]))[:, np.newaxis]
    return levels


def _compared(seed: int) -> tuple[float, float]:
    """Return the median ratio of two methods in the same people, and the rank correlation between them."""
    from scipy.stats import spearmanr

    levels = _resting_levels(seed)
    high, low = (_seen(levels, name, seed)[:, 0] for name in ("eia_unextracted", "ria_extracted"))
    return float(np.median(high / low)), float(spearmanr(low, high).statistic)


def _two_methods() -> list[Row]:
    ratio, rho = _compared(_SEED)
    met = [found > _RATIO and abs(other) < _RHO for found, other in map(_compared, range(_SEEDS))]
    text = f"of {_SEEDS} other cohorts of {_PEOPLE} people, {100 * np.mean(met):.0f} % meet both criteria"
    return [Row("PK30_ratio", ratio, text), Row("PK30_rho", rho, text)]


def _presets() -> list[Row]:
    found, worst = [], 0.0
    for name in load.assays():
        once, again = np.full((_MANY, 1), _LEVEL), np.full((_MANY, _REPEATS), _LEVEL)
        single, repeated = _signal(once, name), np.log(_signal(again, name))
        within = float(np.sqrt(repeated.var(axis=1, ddof=1).mean()))
        between = float(np.sqrt(max(repeated.mean(axis=1).var(ddof=1) - within**2 / _REPEATS, 0)))
        total = float(np.log(single).std(ddof=1))
        worst = max(worst, abs(total - np.hypot(within, between)))
        found += [
            Row(f"ASSAY_{name}_slope", float(np.median(single)) / _LEVEL),
            Row(f"ASSAY_{name}_within", within),
            Row(f"ASSAY_{name}_total", total),
        ]
    return [*found, Row("ASSAY_total_cv", worst)]


def _signal(levels: Floats, assay: str) -> Floats:
    """Return what an assay reports for the rise of a level to its double: what interferes cancels, errors do not."""
    return _seen(2 * levels, assay, _SEED) - _seen(levels, assay, _SEED)


def _tubes() -> list[Row]:
    tubes, half_an_hour = numbers(Tubes), 1800
    kept, lost = (
        float(left_in_tube(np.ones(1), rate, _OXYTOCINASE_AT_TERM, half_an_hour)[0])
        for rate in (tubes.edta, tubes.heparin)
    )
    return [Row("TUBE_edta", kept), Row("TUBE_heparin", lost)]


def _course(units: float, hours: int) -> Floats:
    """Return saliva (pg/mL) at every whole minute after a nasal spray, in a man whose plasma stays at rest."""
    room, streams, one = SalivaAndUrine(numbers(FluidParameters)), Streams(0), np.ones(1)
    levels = {port.name: (one, one) for port in room.inputs[:2]}
    spray = room.inputs[2].name
    state, start = room.init(Subjects(np.arange(1), sex="male"), Inputs(levels), streams)
    found = [float(start["saliva.oxytocin_concentration"][0])]
    dose = convert(units, "IU", "pg", UG_PER_IU["oxytocin"])
    for minute in range(hours * 60):
        given = Inputs(levels, {}, {spray: one * (dose if minute == 0 else 0)})
        outputs = room.advance(state, given, minute * _MINUTE, _MINUTE, streams)
        found.append(float(outputs["saliva.oxytocin_concentration"][0]))
    return np.array(found)


def _saliva() -> list[Row]:
    course = _course(24, 48)
    raised = np.flatnonzero(course > 2 * course[0])
    return [Row("SAL_peak", float(np.argmax(course))), Row("SAL_raised", float(raised[-1]) / 60)]


def figures() -> dict[str, Any]:
    """Return the figure of the study: the same blood by each assay, and saliva after a spray."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    levels = _resting_levels(_SEED)
    names = [name for name in load.assays() if name not in ("saliva_eia", "urine_eia")]
    for place, name in enumerate(names):
        seen = _seen(levels, name, _SEED)[:, 0]
        left.plot(seen, np.full(len(seen), place), "|", markersize=9)
        left.plot(np.median(seen), place, "wo", markeredgecolor="black", markersize=5)
    left.set_xscale("log")
    left.set_yticks(range(len(names)), names)
    left.set(xlabel="reported, median as a dot (pg/mL)", title=f"the same {_PEOPLE} people at rest")
    course = _course(24, 30)
    right.semilogy(np.arange(len(course)) / 60, course)
    right.axvspan(0.5, 1, alpha=0.2, label="reported: peak")
    right.set(xlabel="hours after 24 IU into the nose", ylabel="oxytocin in saliva (pg/mL)", title="saliva")
    right.legend(fontsize="small")
    return {"assays": figure}
