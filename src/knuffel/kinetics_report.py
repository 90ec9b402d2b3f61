"""Kinetics of a finished run or of a table of levels: what ``knuffel pk`` prints."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from knuffel.analysis.pk import ROUTES, PkSummary, summarise
from knuffel.errors import DataError, KnuffelError, Notice, Problem, UnitError, nearest
from knuffel.kinetics_curves import Levels, curves_of
from knuffel.units import UG_PER_IU, parse_quantity, unit_factor

__all__ = ["Kinetics", "Wishes", "find_kinetics"]

Floats = npt.NDArray[np.float64]

_KINDS = (("pg/mL", "pg", "a mass or IU"), ("nmol/L", "pmol", "moles"))  # nmol/L is pmol/mL
_BASELINES = ("none", "first", "before")
_PERCENTILES = (50, 5, 95)

_ROWS = (
    ("area_to_last", "AUC to the last level", "{c}*min"),
    ("area_to_infinity", "AUC to infinity", "{c}*min"),
    ("extrapolated_share", "share of it extrapolated", "1"),
    ("moment_to_infinity", "AUMC to infinity", "{c}*min^2"),
    ("maximum", "Cmax", "{c}"),
    ("time_of_maximum", "tmax", "min"),
    ("initial", "C0", "{c}"),
    ("last", "Clast", "{c}"),
    ("time_of_last", "tlast", "min"),
    ("half_life", "terminal half-life", "min"),
    ("adjusted_r_squared", "its adjusted r squared", "1"),
    ("points", "its samples", "1"),
    ("mean_residence_time", "MRT", "min"),
    ("clearance", "CL{f}", "mL/min"),
    ("terminal_volume", "Vz{f}", "mL"),
    ("steady_state_volume", "Vss", "mL"),
    ("time_above", "time above the threshold", "min"),
)


@dataclass(frozen=True)
class Wishes:
    """What a user asks for, as typed; what is None is taken from the record, or left out."""

    variable: str | None = None
    dose: str | None = None
    route: str | None = None
    over: str | None = None
    dose_at: str | None = None
    baseline: str = "none"
    threshold: str | None = None
    loq: str | None = None
    method: str = "linear_up_log_down"


@dataclass(frozen=True, eq=False)
class Kinetics:
    """Kinetics of every subject: times in min, levels in ``unit``, clearances in mL/min, volumes in mL."""

    source: str
    variable: str
    unit: str
    subjects: tuple[str, ...]
    summary: PkSummary
    routes: tuple[str, ...]
    notices: tuple[Notice, ...] = ()

    def rows(self) -> list[tuple[str, str, str, Floats]]:
        """Return key, label, unit and values of what exists for at least one subject."""
        extravascular = "extravascular" in self.routes
        found = []
        for key, label, unit in _ROWS:
            values = getattr(self.summary, key)
            if np.isfinite(values).any():
                head = label.format(f="/F" if extravascular else "")
                found.append((key, head, unit.format(c=self.unit), values))
        return found

    def as_dict(self) -> dict[str, Any]:
        """Return everything as data for JSON; numbers that do not exist are None."""
        quantities = {
            key: {"label": label, "unit": unit}
            | dict(zip(("median", "p5", "p95"), _spread(values), strict=True))
            | {"values": [_number(value) for value in values]}
            for key, label, unit, values in self.rows()
        }
        return {
            "source": self.source,
            "variable": self.variable,
            "subjects": list(self.subjects),
            "routes": list(self.routes),
            "quantities": quantities,
            "reasons": [list(why) for why in self.summary.reasons],
            "warnings": [str(notice) for notice in self.notices],
        }

    def text(self) -> str:
        """Return the numbers as aligned lines; of several subjects the median and the 5 to 95 % range."""
        several = len(self.subjects) > 1
        lines = [f"{self.variable} of {self.source}, {len(self.subjects)} subject{'s' if several else ''}"]
        lines += ["median (5 to 95 %)"] if several else []
        for _, label, unit, values in self.rows():
            median, low, high = _spread(values)
            shown = f"{median:.4g}" + (f" ({low:.4g} to {high:.4g})" if several else "")
            lines.append(f"{label:<26} {shown} {'' if unit == '1' else unit}".rstrip())
        return "\n".join(lines)


def find_kinetics(source: str, wishes: Wishes | None = None) -> Kinetics:
    """Return the kinetics of a result directory, or of a table with TIME[unit], DV[unit] and perhaps ID.

    Dose, route and times come from the record when it has a single bolus or steady infusion of the drug, or for a table
    from its rows; what is in ``wishes`` wins. Raises `DataError` and `KnuffelError` for what does not fit.
    """
    wishes = wishes or Wishes()
    if wishes.baseline not in _BASELINES and not wishes.baseline[:1].isdigit():
        _refuse("--baseline", wishes.baseline, f"{', '.join(_BASELINES)}, or a level such as '2 pg/mL'")
    if wishes.route is not None and wishes.route not in ROUTES:
        _refuse("--route", wishes.route, ", ".join(ROUTES), nearest(wishes.route, ROUTES))
    curves = curves_of(source, wishes.variable, own_level_stays=wishes.baseline == "none")
    scale = _Scale(curves.unit, UG_PER_IU.get(curves.drug), source)
    asked = [_wished(group, wishes, scale) for group in curves.groups]
    subjects = [name for group in asked for name in group.subjects]
    routes = tuple(dict.fromkeys(group.given.route for group in asked))
    summary = PkSummary.join([_summary(group, wishes, scale, source) for group in asked])
    notices = list(curves.notices)
    told = Counter(reason for why in summary.reasons for reason in why)
    for reason, count in told.items():
        share = f" ({count} of {len(subjects)} subjects)" if len(subjects) > 1 else ""
        notices.append(Notice("kinetics", f"{reason}{share}"))
    return Kinetics(source, curves.variable, curves.unit, tuple(subjects), summary, routes, tuple(notices))


class _Scale:
    """Turns what a user types into the unit of the curve: levels in ``unit``, amounts in ``unit`` x mL."""

    def __init__(self, unit: str, ug_per_iu: float | None, source: str) -> None:
        self.unit, self._ug = unit, ug_per_iu
        for level, amount, words in _KINDS:
            try:
                self._factor, self._amount, self._words = unit_factor(unit, level, ug_per_iu), amount, words
                return
            except UnitError:
                continue
        raise DataError(str(Problem("this is no concentration", source, found=unit, allowed="pg/mL, pmol/L, uU/mL, …")))

    def dose(self, amount: float, unit: str) -> float:
        """Return an amount such that divided by a level it is a volume in mL."""
        try:
            return amount * unit_factor(unit, self._amount, self._ug) / self._factor
        except UnitError as error:
            allowed = f"{self._words}, as the levels are in {self.unit}"
            raise KnuffelError(str(Problem("the dose does not fit the levels", found=unit, allowed=allowed))) from error

    def typed_dose(self, text: str) -> float:
        """Return an amount that was typed, like `dose`."""
        amount = _quantity("--dose", text, self._amount, self._ug)
        if not amount > 0:
            _refuse("--dose", text, "an amount above 0")
        return amount / self._factor

    def level(self, option: str, text: str) -> float:
        """Return a level that was typed, in the unit of the curve."""
        return _quantity(option, text, self.unit, self._ug)


def _wished(levels: Levels, wishes: Wishes, scale: _Scale) -> Levels:
    """Return curves with the dose that a user typed in place of the recorded one; amounts fit the unit of the curve."""
    given = levels.given
    if wishes.dose is not None:
        time = 0.0 if given.time is None else given.time
        given = replace(given, amount=scale.typed_dose(wishes.dose), time=time)
    elif given.amount is not None:
        given = replace(given, amount=scale.dose(given.amount, given.unit))
    if wishes.over is not None:
        if wishes.route not in (None, "iv_infusion"):
            _refuse("--over", wishes.over, "only with --route iv_infusion")
        given = replace(given, route="iv_infusion", duration=_quantity("--over", wishes.over, "min"))
    elif wishes.route is not None:
        if wishes.route == "iv_infusion" and not given.duration > 0:
            _refuse("--route", wishes.route, "with --over, how long the infusion lasts")
        duration = given.duration if wishes.route == "iv_infusion" else 0.0
        given = replace(given, route=wishes.route, duration=duration)
    if wishes.dose_at is not None:
        given = replace(given, time=_quantity("--dose-at", wishes.dose_at, "min"))
    below = levels.below
    if wishes.loq is not None:
        with np.errstate(invalid="ignore"):
            below = below | (levels.level < scale.level("--loq", wishes.loq))
    return replace(levels, given=given, below=below)


def _summary(levels: Levels, wishes: Wishes, scale: _Scale, source: str) -> PkSummary:
    given = levels.given
    try:
        return summarise(
            levels.time,
            levels.level,
            dose=given.amount,
            infusion_duration=given.duration,
            route=given.route,
            baseline=_baseline(levels, wishes.baseline, scale),
            method=wishes.method,
            threshold=None if wishes.threshold is None else scale.level("--threshold", wishes.threshold),
            below=levels.below,
            dose_time=given.time,
        )
    except DataError as error:
        who = f" subject {levels.subjects[0]}:" if len(levels.subjects) == 1 else ""
        raise DataError(f"{source}:{who} {error}") from error


def _baseline(levels: Levels, asked: str, scale: _Scale) -> Floats | float | None:
    if asked == "none":
        return None
    if asked not in _BASELINES:
        return scale.level("--baseline", asked)
    known = np.where(levels.below, 0.0, levels.level)
    chosen = np.isfinite(known)
    if asked == "first":
        chosen &= np.cumsum(chosen, axis=1) == 1
    else:
        if levels.given.time is None:
            _refuse("--baseline", asked, "with --dose-at: when the dose was given is not known")
        earlier = chosen & (levels.time < levels.given.time)
        chosen = earlier if earlier.any() else chosen & (levels.time == levels.given.time)
    count = chosen.sum(axis=1)
    if not count.all():
        _refuse("--baseline", asked, f"a level: there is no sample before the dose of subject {levels.subjects[0]}")
    return np.asarray(np.where(chosen, known, 0.0).sum(axis=1) / count)


def _quantity(option: str, text: str, unit: str, ug_per_iu: float | None = None) -> float:
    try:
        return parse_quantity(text, unit, ug_per_iu)
    except UnitError as error:
        raise KnuffelError(f"{option}: {error}") from error


def _refuse(option: str, found: str, allowed: str, suggestion: str | None = None) -> NoReturn:
    raise KnuffelError(
        str(Problem("this does not fit", key=option, found=found, allowed=allowed, suggestion=suggestion))
    )


def _spread(values: Floats) -> tuple[float, float, float]:
    """Return the median and the 5 to 95 % range of the values that exist."""
    median, low, high = np.percentile(values[np.isfinite(values)], _PERCENTILES)
    return float(median), float(low), float(high)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
