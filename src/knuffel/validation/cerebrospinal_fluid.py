"""Oxytocin in cerebrospinal fluid: what crosses from the blood, how fast it goes, its rhythm, and a nasal spray."""

from __future__ import annotations

from typing import Any

import numpy as np

from knuffel.body.circulation.csf import CerebrospinalFluid, FluidParameters, FluidSettings
from knuffel.body.contract import Inputs, Subjects
from knuffel.engine.random import Streams
from knuffel.evidence import load
from knuffel.evidence.resolve import Override
from knuffel.units import UG_PER_IU, convert
from knuffel.validation.drive import Blood, Floats, numbers
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

_IU = UG_PER_IU["oxytocin"] * 1e6
"""pg."""
_STEP, _HOUR, _DAY = 15.0, 3600.0, 86_400.0
_SPRAY = ("oxytocin", "intranasal_spray")
_DIRECT = 1e-4
"""The share of a spray that goes straight to the brain, in the option that the targets name."""
_RAT_DOSE = 1e6


def rows() -> list[Row]:
    """Return every obtained number of the study."""
    return [*_rat(), *_decay(), *_rhythm(), *_spray(), *_bolus()]


class _Brain:
    """Blood and cerebrospinal fluid of a body with a kinetic set, side by side."""

    def __init__(self, name: str, rhythm: str = "none", clock: float = 0, share: float = 0, **more: Any) -> None:
        changes = {"csf__nose_to_brain_fraction": Override(share, "1", "the option")} if share else {}
        self.blood = Blood(name, given=[_SPRAY], **more)
        self.parameters: FluidParameters = numbers(FluidParameters, name, **changes)
        self._part = CerebrospinalFluid(self.parameters, FluidSettings(rhythm, clock))
        level = np.array([self.blood.basal])
        subjects = Subjects(np.arange(1), self.blood.species)
        self.state, outputs = self._part.init(subjects, self._inputs(level), Streams(0))
        self.level = float(outputs["csf.oxytocin_concentration"][0])

    def _inputs(self, level: Floats, crossed: float = 0, icv: float = 0, nose: float = 0) -> Inputs:
        none = np.zeros(1)
        levels = {"plasma.oxytocin_concentration": (level, level), "stimuli.central_drive": (none, none)}
        amounts = {"doses.oxytocin_icv": none + icv, "doses.oxytocin_nose_to_brain": none + nose}
        return Inputs(levels, {"plasma.oxytocin_to_csf": none + crossed}, amounts)

    def advance(self, seconds: float, icv: float = 0, nose: float = 0, **doses: float) -> float:
        """Return the level (pg/mL) in the fluid after ``seconds`` more; doses in pg (into the blood also pg/s)."""
        start = self.blood.time
        self.blood.advance(seconds, **doses)
        given = self._inputs(np.zeros(1), self.blood.level("plasma.oxytocin_to_csf"), icv, nose)
        outputs = self._part.advance(self.state, given, start, self.blood.time - start, Streams(0))
        self.level = float(outputs["csf.oxytocin_concentration"][1][0])
        return self.level


def _lag(name: str) -> float:
    entry = load.parameters()[name]
    assert isinstance(entry.value, float)
    return convert(entry.value, entry.unit, "s")


def _sprayed(share: float = 0, hours: float = 3) -> tuple[Floats, Floats, Floats]:
    """Return times (min), rise in the fluid and rise in plasma (pg/mL) after 24 IU into the nose of a man."""
    brain = _Brain("human_men", share=share)
    rest, basal = brain.level, brain.blood.basal
    to_blood, to_brain = _lag("plasma.intranasal_spray_lag"), _lag("csf.nose_to_brain_lag")
    times = np.arange(_STEP, hours * _HOUR, _STEP)
    fluid, plasma = [], []
    for time in times - _STEP:
        dose = 24 * _IU
        spray = dose if time == to_blood else 0.0
        fluid.append(brain.advance(_STEP, nose=dose if time == to_brain else 0.0, oxytocin_intranasal_spray=spray))
        plasma.append(brain.blood.level("plasma.oxytocin_concentration"))
    return times / 60, np.array(fluid) - rest, np.array(plasma) - basal


def _rat() -> list[Row]:
    """Return how much of a dose into a vein is in the fluid of a rat after ten minutes, in %."""
    given, plain = _Brain("rat_250g"), _Brain("rat_250g")
    bolus = _RAT_DOSE
    for _ in range(40):
        given.advance(_STEP, bolus=bolus)
        plain.advance(_STEP)
        bolus = 0
    inside = float(given.state.content[0] - plain.state.content[0])
    return [Row("PK22", 100 * inside / _RAT_DOSE)]


def _decay() -> list[Row]:
    """Return the half-life of what is given into the fluid, read off the curve."""
    found = []
    for target, name in (("PK23a", "rat_250g"), ("PK23b", "human_men")):
        brain = _Brain(name)
        rest = brain.level
        first = brain.advance(600, icv=1e6) - rest
        later = brain.advance(_HOUR) - rest
        found.append(Row(target, float(60 * np.log(2) / np.log(first / later))))
    return found


def _day() -> tuple[Floats, Floats]:
    """Return clock times (h) and levels (pg/mL) of the second of two days that begin at midnight."""
    brain = _Brain("human_women_np", "amico")
    times = np.arange(300.0, 2 * _DAY + 1, 300)
    levels = np.array([brain.advance(300) for _ in times])
    return (times[times > _DAY] - _DAY) / _HOUR, levels[times > _DAY]


def _rhythm() -> list[Row]:
    hours, levels = _day()
    early, noon, evening, night = np.interp([6, 12, 18, 24], hours, levels)
    return [Row("PK24", noon / np.mean([early, evening, night]))]


def _spray() -> list[Row]:
    times, plain, plasma = _sprayed()
    _, direct, _ = _sprayed(_DIRECT)
    return [
        Row("PK25", float(times[direct.argmax()] - times[plasma.argmax()])),
        Row("CF_plain_peak", plain.max()),
        Row("CF_plain_time", float(times[plain.argmax()])),
        Row("CF_direct_peak", direct.max()),
        Row("CF_direct_time", float(times[direct.argmax()])),
    ]


def _bolus() -> list[Row]:
    brain = _Brain("human_men")
    rest, levels = brain.level, []
    for minute in range(60):
        levels += [brain.advance(_STEP, infusion=10 * _IU / 60 if minute == 0 else 0) - rest for _ in range(4)]
    peak = int(np.argmax(levels))
    away = brain.parameters.basal_concentration
    return [
        Row("CF_vein_peak", levels[peak]),
        Row("CF_vein_time", (peak + 1) * _STEP / 60),
        Row("CF_of_plasma", rest - away),
    ]


def figures() -> dict[str, Any]:
    """Return the figure of the study: a spray, with and without a direct way, and the day of a person."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    times, plain, plasma = _sprayed()
    _, direct, _ = _sprayed(_DIRECT)
    left.plot(times, plasma, label="plasma")
    left.plot(times, direct, label="cerebrospinal fluid, 0.01 % straight from the nose")
    left.plot(times, plain, label="cerebrospinal fluid, from the blood alone")
    left.axvline(75, color="grey", linestyle=":", label="published: raised in fluid at 75 min")
    left.set(xlabel="minutes after 24 IU", ylabel="oxytocin above basal (pg/mL)", title="A nasal spray")
    left.legend(fontsize="small")
    hours, levels = _day()
    right.plot(hours, levels, label="model")
    scale = UG_PER_IU["oxytocin"]
    right.plot([12, 12], [5.06 * scale, 6.41 * scale], "ko", label="published: noon")
    right.axhspan(2.5 * scale, 2.9 * scale, alpha=0.2, label="published: 6, 18 and 24 h")
    right.set(xlabel="clock time (h)", ylabel="oxytocin (pg/mL)", title="A day")
    right.set_ylim(bottom=0)
    right.legend(fontsize="small")
    return {"cerebrospinal_fluid": figure}
