"""Carbetocin and atosiban in plasma against their labels, a study of preterm labour, and reference curves."""

from __future__ import annotations

from typing import Any

import numpy as np

from knuffel.evidence import load
from knuffel.validation.drive import Blood, Floats
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

_CARBETOCIN, _ATOSIBAN = "plasma.carbetocin_concentration", "plasma.atosiban_concentration"
_M1 = "plasma.atosiban_m1_concentration"
_NG = 1000
_DOSE = 100e6
"""pg: 100 ug of carbetocin."""
_LOADING, _FAST, _SLOW = 6.75e9, 300e6 / 60, 100e6 / 60
"""The course of atosiban: 6.75 mg at once, then pg/s of 300 and of 100 ug/min."""
_REFERENCE = {"carbetocin": (2, 30, 60), "atosiban": (5, 60, 180)}
"""Minutes of the reference curves PK07."""
_MINUTE, _HOUR = 60.0, 3600.0


def rows() -> list[Row]:
    """Return every obtained number of the study."""
    return [*_carbetocin(), *_atosiban(), *_reference()]


def _into_vein(times: Floats, over: float = 0) -> Floats:
    """Return carbetocin (pg/mL) at ``times`` (s, ascending) after 100 ug, at once or ``over`` so many seconds."""
    if not over:
        blood = Blood("human_women_np", given=[("carbetocin", "iv_bolus")])
        return blood.course(times, port=_CARBETOCIN, carbetocin_iv_bolus=_DOSE)
    blood = Blood("human_women_np", given=[("carbetocin", "iv_infusion")])
    early = blood.course(times[times <= over], port=_CARBETOCIN, carbetocin_iv_infusion=_DOSE / over)
    blood.advance(over - float(times[times <= over].max(initial=0)) + 1e-3, carbetocin_iv_infusion=_DOSE / over)
    return np.concatenate([early, blood.course(times[times > over] - over, port=_CARBETOCIN)])


def _into_muscle(times: Floats) -> Floats:
    blood = Blood("human_women_np", given=[("carbetocin", "im")])
    return blood.course(times, port=_CARBETOCIN, carbetocin_im=_DOSE)


def _carbetocin() -> list[Row]:
    sampled = _into_vein(np.array([_MINUTE, 2 * _MINUTE, 3 * _MINUTE]), over=_MINUTE) / _NG
    times = np.arange(15.0, 24 * _HOUR, 15)
    muscle, vein = _into_muscle(times), _into_vein(times)
    two, four = np.interp([2 * _HOUR, 4 * _HOUR], times, muscle)
    sampling = f"{load.targets()['PK14'].note}; 2 min after the start; "
    sampling += f"{sampled[0]:.3g} ng/mL at 1 min and {sampled[2]:.3g} at 3 min"
    return [
        Row("PK14", sampled[1], sampling),
        Row("PK15a", _area(times, muscle) / _area(times, vein, _DOSE / _volume())),
        Row("PK15b", float(times[muscle.argmax()]) / _MINUTE),
        Row("PK15c", float(np.log(2) * 120 / np.log(two / four))),
    ]


def _volume() -> float:
    """Return the central volume of carbetocin in mL."""
    entry = load.parameters()["plasma.carbetocin_central_volume"]
    assert isinstance(entry.value, float)
    return entry.value


def _area(times: Floats, levels: Floats, start: float = 0.0) -> float:
    """Return the area under a curve that has the value ``start`` at time zero."""
    from scipy.integrate import simpson

    return float(simpson(np.concatenate([[start], levels]), x=np.concatenate([[0.0], times])))


def _infused(times: Floats, loading: float = 0, port: str = _ATOSIBAN) -> Floats:
    blood = Blood("term_A", weight=70, given=[("atosiban", "iv_bolus")])
    return blood.course(times, port=port, atosiban_iv_bolus=loading, atosiban_iv_infusion=_FAST)


def _metabolite() -> tuple[float, float]:
    """Return M1 over atosiban after 2 h of a course and at its end, 48 h after its begin."""
    blood = Blood("term_A", weight=70, given=[("atosiban", "iv_bolus")])

    def ratio() -> float:
        return blood.level(_M1) / blood.level(_ATOSIBAN)

    blood.advance(2 * _HOUR, atosiban_iv_bolus=_LOADING, atosiban_iv_infusion=_FAST)
    early = ratio()
    blood.advance(_HOUR, atosiban_iv_infusion=_FAST)
    blood.advance(45 * _HOUR, atosiban_iv_infusion=_SLOW)
    return early, ratio()


def _atosiban() -> list[Row]:
    hour, steady = _infused(np.array([_HOUR, 72 * _HOUR]))
    early, late = _metabolite()
    return [
        Row("PK16a", steady / _NG),
        Row("PK16b", hour / steady),
        Row("DK_m1_early", early),
        Row("DK_m1_late", late),
    ]


def _reference() -> list[Row]:
    times = {drug: np.array(minutes) * _MINUTE for drug, minutes in _REFERENCE.items()}
    found = {"carbetocin": _into_vein(times["carbetocin"]), "atosiban": _infused(times["atosiban"], _LOADING)}
    return [
        Row(f"PK07_{drug}_{minute}", level)
        for drug, minutes in _REFERENCE.items()
        for minute, level in zip(minutes, found[drug], strict=True)
    ]


def figures() -> dict[str, Any]:
    """Return the figure of the study: carbetocin by vein and muscle, and a course of atosiban with its metabolite."""
    from matplotlib.figure import Figure

    targets = load.targets()
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    times = np.arange(60.0, 4 * _HOUR, 60)
    left.semilogy(times / 60, _into_vein(times, over=_MINUTE) / _NG, label="into a vein over 1 min")
    left.semilogy(times / 60, _into_muscle(times) / _NG, label="into a muscle")
    left.plot(2, targets["PK14"].published, "ko", label="published: label")
    left.set(xlabel="minutes after the dose", ylabel="carbetocin (ng/mL)", title="100 ug of carbetocin")
    left.set_ylim(bottom=0.02)
    left.legend(fontsize="small")
    for loading, label in ((_LOADING, "after 6.75 mg at once"), (0, "without")):
        right.plot(times / 60, _infused(times, loading) / _NG, label=f"atosiban, {label}")
    right.plot(times / 60, _infused(times, _LOADING, _M1) / _NG, label="M1")
    right.axhspan(298, 533, alpha=0.2, label="published: steady state")
    right.set(xlabel="minutes of infusion", ylabel="ng/mL", title="300 ug/min of atosiban")
    right.set_ylim(bottom=0)
    right.legend(fontsize="small")
    return {"drug_kinetics": figure}
