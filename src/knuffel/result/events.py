"""Taking doses and samples along: as a dosing table that a scenario reads, or as a list of observed values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from knuffel.dosing_tables import (
    Dose,
    EventTable,
    Observation,
    ObservedRow,
    write_event_table,
    write_observations,
)
from knuffel.engine.store import Recorded
from knuffel.errors import DataError, Notice, Problem

__all__ = ["NO_SERIES", "event_notices", "write_events", "write_observed"]

NO_SERIES = "none"
"""In place of the name of a sampling series: only the doses."""

_COVARIATES = {"WT": "subject.weight", "WEEK": "subject.gestational_week", "DAYS": "subject.days_postpartum"}
_FEMALE = "subject.female"
_UNIT, _PER = "pg", "s"
_INFUSION = "iv_infusion"

Facts = dict[str, dict[str, float | str]]


def write_events(recorded: Recorded, path: Path, series: str | None = None) -> Path:
    """Write the doses of a run, one sampling series and the covariates as a dosing table, and return its path.

    Amounts are in pg and rates in pg/s, so that a scenario that reads the table gives the same doses to the last bit.
    ``series`` may be left out when there is one at most; `NO_SERIES` writes none. Raises `DataError` for a series that
    is not there or not clear, `StoreError` when the place cannot be written.
    """
    names = _names(recorded)
    chosen = [] if series == NO_SERIES and NO_SERIES not in _series(recorded) else _chosen(recorded, series)
    if len(chosen) > 1:
        found, allowed = ", ".join(chosen), f"--series with one of them, or {NO_SERIES}"
        raise DataError(str(Problem("a dosing table holds one sampling series", found=found, allowed=allowed)))
    observations = tuple(
        Observation(subject, time, value, below)
        for name in chosen
        for subject, time, value, below in _samples(recorded, name, names)
    )
    unit = recorded.variables[f"sample.{chosen[0]}.value"].unit if observations else None
    table = EventTable(tuple(names), tuple(_doses(recorded, names)), observations, _covariates(recorded, names), unit)
    return write_event_table(path, table)


def write_observed(recorded: Recorded, path: Path, series: str | None = None) -> Path:
    """Write what the laboratories report, of all sampling series or of one, and return the path.

    Raises `DataError` without samples, for a series that is not there, or for series in different units; `StoreError`
    when the place cannot be written.
    """
    names, chosen = _names(recorded), _chosen(recorded, series)
    about = {str(item["name"]): item for item in recorded.attributes.get("samples", ())}
    if not chosen:
        raise DataError(str(Problem("the run has no samples", allowed="observe.samples in its scenario")))
    units = {name: recorded.variables[f"sample.{name}.value"].unit for name in chosen}
    if len(set(units.values())) > 1:
        found = ", ".join(f"{name} in {unit}" for name, unit in units.items())
        raise DataError(str(Problem("the values of one file need one unit", found=found, allowed="--series with one")))
    rows = [
        ObservedRow(subject, time, value, units[name], below, str(facts.get("assay", "")), str(facts.get("port", "")))
        for name in chosen
        for facts in [about.get(name, {})]
        for subject, time, value, below in _samples(recorded, name, names)
    ]
    return write_observations(path, rows)


def event_notices(recorded: Recorded) -> list[Notice]:
    """Return what a dosing table of this run cannot hold."""
    scenario = recorded.attributes.get("scenario") or {}
    if not scenario.get("protocol"):
        return []
    text = "the induction is not in the table: a pump gives it, which looks at the uterus"
    return [Notice("events_protocol", text, "doses")]


def _names(recorded: Recorded) -> list[str]:
    """Return the names of the subjects: those of the dosing table that was read, else numbers from 1."""
    places = recorded.attributes.get("subject_index", [0])
    known: Sequence[str] = recorded.attributes.get("subject_names") or ()
    return list(known) if len(known) == len(places) else [str(int(place) + 1) for place in places]


def _series(recorded: Recorded) -> list[str]:
    ends = [name for name in recorded.variables if name.startswith("sample.") and name.endswith(".value")]
    return [name.removeprefix("sample.").removesuffix(".value") for name in ends]


def _chosen(recorded: Recorded, series: str | None) -> list[str]:
    known = _series(recorded)
    if series is None:
        return known
    if series not in known:
        allowed = ", ".join(known) or "none: the run has no samples"
        raise DataError(str(Problem("there is no such sampling series", found=series, allowed=allowed)))
    return [series]


def _samples(recorded: Recorded, name: str, names: Sequence[str]) -> Iterator[tuple[str, int, float, bool]]:
    held = recorded.variables
    times = np.asarray(held[f"sample.{name}.time"].data[...]).tolist()
    values = np.asarray(held[f"sample.{name}.value"].data[...]).tolist()
    censored = np.asarray(held[f"sample.{name}.censored"].data[...]).tolist()
    for row, subject in enumerate(names):
        for time, value, below in zip(times, values[row], censored[row], strict=True):
            yield subject, int(time), float(value), bool(below)


def _doses(recorded: Recorded, names: Sequence[str]) -> Iterator[Dose]:
    """Yield every dose of every subject; a rate or an amount of nothing is none."""
    given: Sequence[Mapping[str, Any]] = recorded.attributes.get("doses", ())
    for item in given:
        owner, drug = item.get("subject"), str(item["drug"])
        for subject in names if owner is None else [names[owner]]:
            for time, amount in item.get("amounts", ()):
                if amount > 0:
                    yield Dose(subject, int(time), float(amount), _UNIT, None, str(item["route"]), drug)
            for start, end, rate in item.get("segments", ()):
                if rate > 0 and end > start:
                    amount = float(rate) * (end - start) / 1000
                    yield Dose(subject, int(start), amount, _UNIT, float(rate), _INFUSION, drug, per=_PER)


def _covariates(recorded: Recorded, names: Sequence[str]) -> Facts:
    facts: Facts = {subject: {} for subject in names}
    for column, name in _COVARIATES.items():
        if name in recorded.variables:
            values = np.asarray(recorded.variables[name].data[...]).tolist()
            for subject, value in zip(names, values, strict=True):
                facts[subject][column] = float(value)
    if _FEMALE in recorded.variables:
        women = np.asarray(recorded.variables[_FEMALE].data[...]).tolist()
        for subject, woman in zip(names, women, strict=True):
            facts[subject]["SEX"] = "female" if woman else "male"
    return facts
