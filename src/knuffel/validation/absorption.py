"""Oxytocin from muscle, nose, lung and mouth, and carbetocin from muscle, against studies and our own curves."""

from __future__ import annotations

from typing import Any

import numpy as np

from knuffel.evidence import load
from knuffel.units import UG_PER_IU, convert
from knuffel.validation.drive import Blood, Floats
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

_MINUTE = 60.0
_STEP = 5.0
"""s: how fine peaks are looked for."""
_CARBETOCIN = "plasma.carbetocin_concentration"
_UG = 1e6
_IU = UG_PER_IU["oxytocin"] * _UG
"""pg."""
_NASAL, _INHALED, _SUBLINGUAL, _MUSCLE = "intranasal_spray", "inhaled_dry_powder", "sublingual", "im"
_NASAL_MINUTES = (15, 30, 60, 75)


def rows() -> list[Row]:
    """Return every obtained number of the study."""
    return [*_nose_and_mouth(), *_lung_and_muscle(), *_reference(), *_design(), *_third_stage()]


def _lag(route: str) -> float:
    """Return the time (s) that a dose of a route waits; in a run it is the scenario that lets it wait."""
    entry = load.parameters()[f"plasma.{route}_lag"]
    assert isinstance(entry.value, float)
    return convert(entry.value, entry.unit, "s")


def _rise(name: str, route: str, dose: float, minutes: Floats, lag: float | None = None) -> Floats:
    """Return the rise (pg/mL) at ascending minutes after ``dose`` pg of oxytocin in a body with a kinetic set."""
    wait = _lag(route) if lag is None else lag
    times = np.asarray(minutes, dtype=float) * _MINUTE - wait
    blood = Blood(name, basal=0, given=[("oxytocin", route)])
    doses: dict[str, Any] = {f"oxytocin_{route}": dose}
    later = blood.course(times[times > 0], **doses)
    return np.concatenate([np.zeros((times <= 0).sum()), later])


def _fine(minutes: float) -> Floats:
    return np.arange(_STEP, minutes * _MINUTE, _STEP) / _MINUTE


def _peak(name: str, route: str, dose: float) -> tuple[float, float]:
    """Return the largest rise (pg/mL) and when it comes (min)."""
    times = _fine(180)
    levels = _rise(name, route, dose, times)
    return float(levels.max()), float(times[levels.argmax()])


def _nose_and_mouth() -> list[Row]:
    peak, when = _peak("human_men", _NASAL, 24 * _IU)
    late = float(_rise("human_men", _NASAL, 24 * _IU, np.array([75.0]))[0])
    basal = Blood("human_men").basal
    return [
        Row("PK18", _peak("human_men", _SUBLINGUAL, 400 * _IU)[0]),
        Row("PK19a", when),
        Row("PK19b", late / peak),
        Row("PK20a", basal + _peak("human_men", _NASAL, 65 * _UG)[0]),
        Row("PK20b", basal + _peak("human_men", _NASAL, 100 * _UG)[0]),
    ]


def _lung_and_muscle() -> list[Row]:
    from scipy.integrate import simpson

    times = _fine(24 * 60)
    inhaled = _rise("human_women_np", _INHALED, 400 * _UG, times)
    muscle = _rise("human_women_np", _MUSCLE, 10 * _IU, times)
    return [
        Row("PK21a", float(simpson(inhaled, x=times) / simpson(muscle, x=times))),
        Row("PK21b", float(times[inhaled.argmax()])),
        Row("PK21c", float(times[muscle.argmax()])),
    ]


def _reference() -> list[Row]:
    muscle = _rise("human_women_np", _MUSCLE, 10 * _IU, np.array([10, 60]), lag=0)
    nose = _rise("human_men", _NASAL, 24 * _IU, np.array([15, 60]))
    return [
        Row("PK07_im_human_women_np_10", muscle[0]),
        Row("PK07_im_human_women_np_60", muscle[1]),
        Row("PK07_intranasal_human_men_15", nose[0]),
        Row("PK07_intranasal_human_men_60", nose[1]),
    ]


def _design() -> list[Row]:
    peak, when = _peak("human_men", _NASAL, 24 * _IU)
    courses = _rise("human_men", _NASAL, 24 * _IU, np.array(_NASAL_MINUTES))
    times = _fine(240)
    blood = Blood("human_women_np", given=[("carbetocin", _MUSCLE)])
    carbetocin = blood.course(times * _MINUTE, port=_CARBETOCIN, carbetocin_im=100 * _UG)
    at_term, _ = _peak("term_A", _MUSCLE, 10 * _IU)
    return [
        Row("AB_nasal_peak", peak),
        Row("AB_nasal_time", when),
        *(Row(f"AB_nasal_{minute}", level) for minute, level in zip(_NASAL_MINUTES, courses, strict=True)),
        Row("AB_carbetocin_im_peak", carbetocin.max() / 1000),
        Row("AB_carbetocin_im_time", float(times[carbetocin.argmax()])),
        Row("AB_im_term_peak", at_term),
        Row("AB_im_term_60", float(_rise("term_A", _MUSCLE, 10 * _IU, np.array([60.0]))[0])),
    ]


def _third_stage() -> list[Row]:
    samples = np.arange(5.0, 61, 5)
    doses = (("AB_third_stage_im", _MUSCLE, 10 * _IU), ("AB_third_stage_inhaled", _INHALED, 400 * _UG))
    return [Row(target, float(np.median(_rise("term_A", route, dose, samples)))) for target, route, dose in doses]


def figures() -> dict[str, Any]:
    """Return the figure of the study: rises in men and women, and what was not found just after a birth."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    times = np.arange(0.5, 121, 0.5)
    left.semilogy(times, _rise("human_men", _NASAL, 24 * _IU, times), label="men, 24 IU into the nose")
    left.semilogy(times, _rise("human_men", _SUBLINGUAL, 400 * _IU, times), label="men, 400 IU under the tongue")
    left.semilogy(times, _rise("human_women_np", _MUSCLE, 10 * _IU, times), label="women, 10 IU into a muscle")
    left.semilogy(times, _rise("human_women_np", _INHALED, 400 * _UG, times), label="women, 400 ug inhaled")
    left.set(xlabel="minutes after the dose", ylabel="oxytocin above basal (pg/mL)", title="Absorption")
    left.set_ylim(bottom=0.1)
    left.legend(fontsize="small")
    right.semilogy(times, _rise("term_A", _MUSCLE, 10 * _IU, times), label="term_A, 10 IU into a muscle")
    right.semilogy(times, _rise("term_A", _INHALED, 400 * _UG, times), label="term_A, 400 ug inhaled")
    right.axhspan(0.1, 2, alpha=0.2, label="published: most samples, after a birth")
    right.set(xlabel="minutes after the dose", title="Just after a birth")
    right.set_ylim(bottom=0.1)
    right.legend(fontsize="small")
    return {"absorption": figure}
