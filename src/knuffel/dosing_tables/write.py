"""Dosing tables and observations to a file, whole or not at all, with every digit."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from knuffel.dosing_tables.records import Dose, EventTable, Observation, is_name
from knuffel.errors import DataError, Problem, StoreError

__all__ = ["ObservedRow", "write_event_table", "write_observations"]

_MINUTE = 60_000


@dataclass(frozen=True)
class ObservedRow:
    """One observed value: ``time_ms`` after zero, ``value`` in ``unit`` or None, by which assay, of which variable."""

    subject: str
    time_ms: int
    value: float | None
    unit: str
    below: bool = False
    assay: str = ""
    variable: str = ""


def write_event_table(path: str | os.PathLike[str], table: EventTable) -> Path:
    """Write a table that `read_event_table` reads back as it is, and return its path.

    Times are in minutes, rates in the unit of amounts per minute or, if they were, per second. A subject without doses
    and observations gets a row with EVID 2. Raises `StoreError` when the place cannot be written; an older file stays
    until the new one is whole.
    """
    unit = table.doses[0].amount_unit if table.doses else None
    per = next((dose.per for dose in table.doses if dose.rate is not None), "min")
    names = list(dict.fromkeys(name for facts in table.covariates.values() for name in facts))
    below = any(seen.below for seen in table.observations)
    head = ["ID", "TIME[min]", "EVID", f"AMT[{unit}]" if unit else "AMT", f"RATE[{unit}/{per}]" if unit else "RATE"]
    head += ["ROUTE", "DRUG", f"DV[{table.observation_unit}]" if table.observation_unit else "DV", "MDV"]
    head += (["BLQ"] if below else []) + ["WT[kg]" if name == "WT" else name for name in names]
    events: dict[str, list[Dose | Observation]] = {subject: [] for subject in table.ids}
    for seen in table.observations:
        events[seen.subject].append(seen)
    for dose in table.doses:  # after a sample of the same time, which was taken before the dose
        events[dose.subject].append(dose)
    rows = []
    for subject, items in events.items():
        facts = table.covariates.get(subject, {})
        known = [_shown(facts.get(name)) for name in names]
        cells = [_cells(item, below=below) for item in sorted(items, key=lambda item: item.time_ms)]
        cells = cells or [["0", "2", ".", ".", ".", ".", ".", "1", *(["."] if below else [])]]
        rows += [[subject, *part, *known] for part in cells]
    return _write(Path(path), head, rows)


def write_observations(path: str | os.PathLike[str], rows: Iterable[ObservedRow]) -> Path:
    """Write observed values as CSV (ID, TIME[min], DV[unit], BLQ, ASSAY, VARIABLE) and return the path.

    Rows stay in the given order. Raises `DataError` for values in two units, no rows, a name that could not be read
    back, or a number that is not finite; `StoreError` when the place cannot be written.
    """
    listed = list(rows)
    units = list(dict.fromkeys(row.unit for row in listed))
    if len(units) != 1:
        message = "the values of one file need one unit" if units else "there is nothing to write"
        raise DataError(str(Problem(message, os.fsdecode(path), found=", ".join(units[:8]) or "no rows")))
    for row in listed:
        texts = [text for text in (row.assay, row.variable) if text]
        if not all(map(is_name, (row.subject, row.unit, *texts))) or (
            row.value is not None and not isfinite(row.value)
        ):
            raise DataError(str(Problem("this row cannot be written", os.fsdecode(path), found=str(row))))
    body = [
        [
            row.subject,
            _minutes(row.time_ms),
            _shown(row.value),
            str(int(row.below)),
            row.assay or ".",
            row.variable or ".",
        ]
        for row in listed
    ]
    return _write(Path(path), ["ID", "TIME[min]", f"DV[{units[0]}]", "BLQ", "ASSAY", "VARIABLE"], body)


def _cells(event: Dose | Observation, *, below: bool) -> list[str]:
    time = _minutes(event.time_ms)
    if isinstance(event, Dose):
        rate = "0" if event.rate is None else _shown(event.rate)
        cells = [time, "1", _shown(event.amount), rate, event.route, event.drug, ".", "1"]
        return [*cells, *(["."] if below else [])]
    missing = str(int(event.value is None))
    cells = [time, "0", ".", ".", ".", ".", _shown(event.value), missing]
    return [*cells, *([str(int(event.below))] if below else [])]


def _minutes(time: int) -> str:
    return _shown(time / _MINUTE)


def _shown(value: float | str | None) -> str:
    """Return a number with every digit that it needs to be read back, the dot for what is missing."""
    if value is None:
        return "."
    if isinstance(value, str):
        return value
    text = repr(float(value))
    return text.removesuffix(".0")


def _write(target: Path, head: list[str], rows: Iterable[list[str]]) -> Path:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="") as handle:
            handle.write(buffer.getvalue())
            handle.flush()
            os.fsync(handle.fileno())
        partial.replace(target)
    except (OSError, ValueError) as error:
        with suppress(OSError):
            partial.unlink()
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise StoreError(f"{target}: cannot be written: {reason or error}") from error
    return target
