"""Curves of concentration and the dose behind them, from a finished run or a table of levels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.dosing_tables import Dose, read_event_table
from knuffel.errors import DataError, Notice, Problem, nearest
from knuffel.result import Result
from knuffel.units import UG_PER_IU

__all__ = ["Curves", "Given", "Levels", "curves_of"]

Floats = npt.NDArray[np.float64]

DEFAULT_VARIABLE = "plasma.oxytocin_concentration"
_OWN = (DEFAULT_VARIABLE, "plasma.oxytocin_exogenous")
_CONFIG = "zarr.json"
_MINUTE = 60_000


@dataclass(frozen=True)
class Given:
    """One dose as the kinetics need it: ``amount`` with its unit, times in min."""

    amount: float | None = None
    unit: str = "pg"
    route: str = "extravascular"
    duration: float = 0.0
    time: float | None = None


@dataclass(frozen=True)
class Levels:
    """Curves with equal times (min): ``level`` and ``below`` of shape (subject, samples), in ``unit``."""

    subjects: tuple[str, ...]
    time: Floats
    level: Floats
    below: npt.NDArray[np.bool_]
    given: Given


@dataclass(frozen=True)
class Curves:
    """Groups of curves of one variable in ``unit``; ``drug`` is what an IU is of, "" when that is not known."""

    variable: str
    unit: str
    drug: str
    groups: tuple[Levels, ...]
    notices: tuple[Notice, ...] = ()


def curves_of(source: str, variable: str | None, *, own_level_stays: bool) -> Curves:
    """Return the curves of a result directory (``variable`` is a port), or of a table of levels.

    ``own_level_stays`` says that no baseline is taken away, which brings a notice where it matters. Raises `DataError`
    for a port that was not recorded, a table that `read_event_table` refuses or that has no levels.
    """
    path = Path(source)
    if path.is_dir() and any(path.glob(f"**/{_CONFIG}")):
        return _of_result(path, variable, own_level_stays=own_level_stays)
    if variable is not None:
        raise DataError(f"{source}: --variable belongs to a result; a table has its levels in DV")
    return _of_table(path)


def _of_result(path: Path, name: str | None, *, own_level_stays: bool) -> Curves:
    run = Result.open(path)
    variables = run.recorded.variables
    if name is None:
        drugs = {item.get("drug") for item in run.attributes.get("doses", ())}
        name = _OWN[1] if "oxytocin" in drugs and _OWN[1] in variables else _OWN[0]
    if name not in variables or variables[name].dims[-1:] != ("time",):
        series = [key for key, item in variables.items() if item.dims[-1:] == ("time",) and key != "time"]
        allowed = ", ".join(series) or "a record with levels"
        problem = Problem("there is no such level in the record", str(path), found=name, allowed=allowed)
        raise DataError(str(replace(problem, suggestion=nearest(name, series))))
    data = np.atleast_2d(np.asarray(variables[name].data[...], dtype=np.float64))
    time = np.asarray(variables["time"].data[...], dtype=np.float64) / _MINUTE
    subjects = tuple(str(number) for number in run.attributes.get("subject_index", range(len(data))))
    given, notices = _recorded_dose(run.attributes, name)
    if name == _OWN[0] and _OWN[1] in variables and own_level_stays and given.time is not None:
        text = f"the body's own level is in the curve: --baseline before takes it away, or --variable {_OWN[1]}"
        notices.append(Notice("kinetics_baseline", text))
    levels = Levels(subjects, time, data, np.zeros(data.shape, dtype=bool), given)
    drug = next((known for known in UG_PER_IU if known in name), "")
    return Curves(name, str(variables[name].unit), drug, (levels,), tuple(notices))


def _recorded_dose(attributes: Mapping[str, Any], variable: str) -> tuple[Given, list[Notice]]:
    """Return the single bolus or steady infusion of the drug of a variable, in pg and min, if that was given."""
    items = [item for item in attributes.get("doses", ()) if str(item.get("drug", "")) in variable]
    if not items:
        return Given(), []
    if any(item.get("subject") is not None for item in items):
        text = "each subject has doses of its own: knuffel export --format events makes a table of this run, which can "
        return Given(), [Notice("kinetics_dose", text + "be summed up with them")]
    amounts = [pair for item in items for pair in item.get("amounts", ())]
    segments = [piece for item in items for piece in item.get("segments", ())]
    route = str(items[0].get("route", ""))
    intravenous = route in ("iv_bolus", "iv_infusion")
    if len(amounts) == 1 and not segments:
        kind = "iv_bolus" if intravenous else "extravascular"
        return Given(float(amounts[0][1]), "pg", kind, 0.0, amounts[0][0] / _MINUTE), []
    if len(segments) == 1 and not amounts and intravenous:
        start, end, rate = segments[0]
        lasts = end - start
        return Given(float(rate) * lasts / 1000, "pg", "iv_infusion", lasts / _MINUTE, start / _MINUTE), []
    text = "not one bolus or one steady infusion: no clearance unless --dose, --route and --dose-at say what is meant"
    return Given(), [Notice("kinetics_dose", text)]


def _of_table(path: Path) -> Curves:
    table = read_event_table(path, subject="1")
    if table.observation_unit is None:
        raise DataError(f"{path}: there is nothing to look at: the table has no observations")
    groups, several = [], 0
    seen, doses = _by_subject(table.ids, table.observations), _by_subject(table.ids, table.doses)
    for subject in table.ids:
        samples = seen[subject]
        if not samples:
            continue
        several += len(doses[subject]) > 1
        levels = np.array([[np.nan if item.value is None else item.value for item in samples]])
        below = np.array([[item.below for item in samples]])
        time = np.array([item.time_ms for item in samples]) / _MINUTE
        given = _tabled_dose(doses[subject][0]) if len(doses[subject]) == 1 else Given()
        groups.append(Levels((subject,), time, levels, below, given))
    notices = list(table.notices)
    if several:
        text = f"{several} subjects have more than one dose: no clearance unless --dose and --dose-at say what is meant"
        notices.append(Notice("kinetics_dose", text))
    drugs = {dose.drug for dose in table.doses} or {"oxytocin"}
    drug = drugs.pop() if len(drugs) == 1 else ""
    return Curves("DV", table.observation_unit, drug, tuple(groups), tuple(notices))


def _by_subject(ids: Iterable[str], events: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {subject: [] for subject in ids}
    for event in events:
        found[event.subject].append(event)
    return found


def _tabled_dose(dose: Dose) -> Given:
    intravenous = dose.route in ("iv_bolus", "iv_infusion")
    lasts = dose.duration_ms / _MINUTE if intravenous else 0.0
    route = dose.route if intravenous else "extravascular"
    return Given(dose.amount, dose.amount_unit, route, lasts, dose.time_ms / _MINUTE)
