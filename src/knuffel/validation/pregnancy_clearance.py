"""Oxytocinase and clearance through pregnancy and after the birth, against the table of the set and two infusions."""

from __future__ import annotations

from typing import Any

import numpy as np

from knuffel.body.contract import Inputs, Subjects
from knuffel.body.physiology import Adult, AdultParameters, AdultSettings
from knuffel.engine.random import Streams
from knuffel.evidence import load
from knuffel.validation.drive import numbers
from knuffel.validation.row import Row

__all__ = ["figures", "rows"]

_SET = "pregnancy_A"
_WEEKS = (8, 12, 16, 20, 24, 28, 32, 36, 40)
_DAYS = (1, 3, 5)
_FULL = 40
_TO_MINUTES = 60


def rows() -> list[Row]:
    """Return every obtained number of the study."""
    table = {week: _woman("pregnant", week) for week in _WEEKS}
    _, resting = _woman("resting")
    return [
        *(Row(f"PC_oxytocinase_{week}", activity) for week, (activity, _) in table.items()),
        *(Row(f"PC_clearance_{week}", clearance) for week, (_, clearance) in table.items()),
        *(Row(f"PC_after_{day}", _woman("postpartum", _FULL, day)[1] / 1000) for day in _DAYS),
        Row("PK04_course", table[_FULL][1] / resting),
        Row("PC_resting_oxytocinase", _woman("resting")[0]),
        Row("PC_ends_as_term_A", table[_FULL][1] / _at_term()),
    ]


def _woman(state: str, week: float = np.nan, days: float | None = None, name: str = _SET) -> tuple[float, float]:
    """Return oxytocinase (IU/mL) and clearance (mL/min) of a woman of the reference weight of a set."""
    own = numbers(AdultParameters, name)
    weight, weeks = np.array([own.reference_weight]), np.array([float(week)])
    room = Adult(own, AdultSettings("human", state=state, days_postpartum=days))
    subjects = Subjects(np.arange(1), weight=weight, gestational_week=weeks)
    _, levels = room.init(subjects, Inputs(), Streams(0))
    activity, clearance = (float(levels[f"physiology.{port}"][0]) for port in ("oxytocinase_activity", "clearance"))
    return activity, clearance * _TO_MINUTES


def _at_term() -> float:
    return _woman("term", name="term_A")[1]


def figures() -> dict[str, Any]:
    """Return the figure of the study: oxytocinase by week, and clearance before and after a birth."""
    from matplotlib.figure import Figure

    targets = load.targets()
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    weeks = np.arange(0, 42.1, 0.25)
    course = np.array([_woman("pregnant", week) for week in np.maximum(weeks, 0.01)])
    left.plot(weeks, course[:, 0], label="model")
    left.plot(40, 2.1, "ko", label="published: term")
    left.axhspan(0, 0.1, alpha=0.2, label="published: not pregnant")
    left.plot(_WEEKS, [targets[f"PC_oxytocinase_{week}"].published for week in _WEEKS], "wo", markeredgecolor="black")
    left.set(xlabel="week of pregnancy", ylabel="oxytocinase (IU/mL)", title="Oxytocinase")
    left.legend(fontsize="small")
    days = np.arange(0, 28.1, 0.25)
    for name in ("pregnancy_A", "pregnancy_B"):
        before = np.array([_woman("pregnant", max(week, 0.01), name=name)[1] for week in weeks]) / 1000
        after = np.array([_woman("postpartum", _FULL, day, name)[1] for day in days]) / 1000
        here = weeks <= _FULL
        line = np.concatenate([before[here], after])
        right.plot(np.concatenate([weeks[here], _FULL + days / 7]), line, label=name)
    right.errorbar([40, 49], [5.7, 1.3], [0.6, 0.1], fmt="ko", capsize=4, label="published: infusions")
    right.axvline(_FULL, color="grey", linestyle=":", label="birth")
    right.set(xlabel="weeks since the last period", ylabel="clearance (L/min)", title="Clearance of oxytocin")
    right.set_ylim(bottom=0)
    right.legend(fontsize="small")
    return {"pregnancy_clearance": figure}
