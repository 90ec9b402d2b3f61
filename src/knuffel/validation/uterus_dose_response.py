"""Receptor and uterus against reference numbers: effect by state, activity by infusion, contractions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from knuffel.body.contract import Events, Inputs, Subjects
from knuffel.body.receptors.operational import OperationalReceptor, ReceptorParameters, ReceptorSettings
from knuffel.body.uterus.labour.equations import contraction_shape
from knuffel.engine.random import Streams
from knuffel.evidence import load
from knuffel.evidence.resolve import Override
from knuffel.validation.drive import Floats, Woman, numbers
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

RATES = (0, 1, 2, 5, 10, 20)
STATES = {"nonpregnant": 6.6, "week15": 39.8, "term": 477.0, "early_labour": 954.0, "after_infusion": 130.0}
LEVELS = (2, 5, 10, 20)
_HOURS = 4


def rows() -> list[Row]:
    """Return every obtained number of the study."""
    return [*_receptor(), *_activity(), *_stimulus(), *_trace()]


def _effect(concentration: float, density: float) -> float:
    room = OperationalReceptor(numbers(ReceptorParameters), ReceptorSettings("off"))
    now = {"plasma.oxytocin_concentration": concentration, "physiology.receptor_density_set": density}
    inputs = Inputs({port.name: (np.array([now.get(port.name, 0.0)]),) * 2 for port in room.inputs})
    state, _ = room.init(Subjects(np.arange(1)), inputs, Streams(0))
    return float(room.advance(state, inputs, 0, 1000, Streams(0))["receptors.myometrium_effect"][1][0])


def _half_effective(density: float, highest: float) -> float:
    """Return the concentration (pM) at half of the highest effect, by bisection on the component."""
    low, high = 1e-3, 1e6
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        if _effect(middle, density) < highest / 2:
            low = middle
        else:
            high = middle
    return high * 1000 / float(numbers(ReceptorParameters).molar_mass)


def _receptor() -> list[Row]:
    found = []
    for name, density in STATES.items():
        highest = _effect(1e12, density)
        found.append(Row(f"RC_{name}_half", _half_effective(density, highest)))
        found.append(Row(f"RC_{name}_highest", highest))
        found += [Row(f"RC_{name}_{level}", _effect(level, density)) for level in LEVELS]
    return found


def _activity() -> list[Row]:
    found = []
    for rate in RATES:
        woman = Woman("term_A", "induction_ripe")
        woman.run(rate, _HOURS)
        found.append(Row(f"W11_{rate}", float(woman.level("uterus.activity")[0])))
    return found


def _per_rate(name: str) -> float:
    """Return the stimulus per mU/min of a small infusion at steady state."""
    small = 0.01
    rest, woman = Woman(name, "induction_ripe"), Woman(name, "induction_ripe")
    woman.run(small, _HOURS)
    port = "receptors.oxytocin_stimulus"
    return float(woman.level(port)[0] - rest.level(port)[0]) / small


def _stimulus() -> list[Row]:
    woman = Woman("term_A", "induction_ripe")
    basal = float(woman.level("physiology.basal_concentration")[0])
    own = numbers(ReceptorParameters)
    stimulus = STATES["term"] / own.transducer_constant * (basal + 1.47) * 1000 / own.molar_mass / own.affinity
    levels = {**woman.levels, "receptors.oxytocin_stimulus": (np.array([stimulus]),) * 2}
    state, _ = woman.uterus.init(Subjects(np.arange(1)), Inputs(levels), Streams(0))
    return [Row("UL01a", _per_rate("term_A")), Row("UL01b", _per_rate("term_B")), Row("UL14", state.effective[0])]


def _pressure(events: Sequence[Events], woman: int, times: Floats, rise_share: float) -> Floats:
    """Return the pressure above tone (mmHg) at ``times`` (s), the sum of one woman's contractions."""
    total = np.zeros_like(times)
    for record in events:
        for row in np.flatnonzero(record.subject == woman):
            u = (times - record.time[row] / 1000) / record.values["duration"][row]
            total += record.values["amplitude"][row] * contraction_shape(u, rise_share)
    return total


def _trace() -> list[Row]:
    """Compare Montevideo units counted on the trace with the expected activity, 2 h at 5 cm, twenty women."""
    from scipy.signal import find_peaks

    hours, women = 2, 20
    group = Woman("term_A", "induction_ripe", count=women, uterus__dilatation=Override(5.0, "cm"))
    group.run(5, 1)
    begin = group.time / 1000
    events = group.run(5, hours)
    times = begin + np.arange(0.0, hours * 3600 + 180)
    counted = []
    for woman in range(women):
        pressure = _pressure(events, woman, times, group.uterus.parameters.rise_share)
        peaks, _ = find_peaks(pressure, height=15, prominence=7.5)
        counted.append(pressure[peaks].sum() / (hours * 6))
    return [Row("UL09", float(np.mean(counted) / group.level("uterus.activity")[0]))]


def figures() -> dict[str, Any]:
    """Return the figure of the study: effect and activity against dose, and an hour of pressure."""
    from matplotlib.figure import Figure

    targets = load.targets()
    figure = Figure(figsize=(12, 4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    grid = np.geomspace(0.1, 1000, 60)
    for name, density in STATES.items():
        (line,) = left.semilogx(grid, [_effect(level, density) for level in grid], label=name)
        expected = [targets[f"RC_{name}_{level}"].published for level in LEVELS]
        left.plot(LEVELS, expected, "o", color=line.get_color(), markeredgecolor="black", markersize=5)
    left.plot([], [], "wo", markeredgecolor="black", markersize=5, label="computed beforehand")
    left.set(xlabel="oxytocin (pg/mL)", ylabel="effect", title="receptor")
    left.legend(fontsize="small")
    for name in ("term_A", "term_B"):
        activity = []
        for rate in RATES:
            woman = Woman(name, "induction_ripe")
            woman.run(rate, _HOURS)
            activity.append(woman.level("uterus.activity")[0])
        middle.plot(RATES, activity, label=name)
    middle.plot(RATES, [targets[f"W11_{rate}"].published for rate in RATES], "ko", label="computed beforehand (term_A)")
    middle.set_ylim(bottom=0)
    middle.set(xlabel="infusion (mU/min)", ylabel="activity (MVU)", title="uterus at 3 cm, steady")
    middle.legend(fontsize="small")
    woman = Woman("term_A", "induction_ripe")
    events = woman.run(10, 2)
    times = np.arange(3600.0, 7200)
    right.plot((times - 3600) / 60, 10 + _pressure(events, 0, times, woman.uterus.parameters.rise_share))
    right.set(xlabel="minutes", ylabel="pressure (mmHg)", title="10 mU/min, second hour: no reference")
    right.set_ylim(bottom=0)
    return {"uterus_dose_response": figure}
