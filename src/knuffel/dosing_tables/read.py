"""From a table of events to an `EventTable`: what is in which column, whose row it is, in which order."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from math import isfinite

from knuffel.dosing_tables.covariates import Covariates
from knuffel.dosing_tables.events import Events
from knuffel.dosing_tables.records import COLUMNS, LONGEST, ROUTES, EventTable, is_name
from knuffel.dosing_tables.source import Sheet, read_sheet
from knuffel.dosing_tables.units_of_columns import Units
from knuffel.dosing_tables.wording import Mistakes, number_of
from knuffel.errors import DataError, Problem, nearest

__all__ = ["read_event_table"]

_NEEDED = ("ID", "TIME")


def read_event_table(
    path: str | os.PathLike[str],
    *,
    units: Mapping[str, str] | None = None,
    routes: Mapping[str, str] | None = None,
    route: str | None = None,
    drug: str = "oxytocin",
    sex: Mapping[str, str] | None = None,
    subject: str | None = None,
) -> EventTable:
    """Return the doses and observations of a table with the columns of NONMEM: ID, TIME, AMT, RATE, EVID, DV, ...

    Units stand in the heading (``AMT[IU]``), in a comment before it (``# TIME[min], AMT[IU]``), or in ``units``
    (``{"TIME": "h"}``), which wins; none is guessed. ``routes`` says which route a number in CMT is
    (``{"1": "oral"}``), ``route`` which one holds where the table names none, ``drug`` likewise. ``sex`` says what the
    codes of SEX mean (``{"0": "male", "1": "female"}``). ``subject`` names the only subject of a table without ID.

    Additional doses (ADDL, II) become doses of their own; amounts stay in the unit of the file, rates are in that unit
    per minute, times in whole ms, WT in kg. Fields that are empty or ``.`` are missing. 100,000 rows take two seconds.

    Raises `DataError` with up to twenty mistakes, each with file, line, column, what was found and what is allowed.
    """
    file = os.fspath(path)
    file = file if isinstance(file, str) else os.fsdecode(file)
    mistakes = Mistakes(file)
    _check_arguments(routes, route, drug, sex, subject, mistakes)
    mistakes.refuse()
    sheet = read_sheet(path, mistakes)
    needed = tuple(name for name in _NEEDED if name != "ID" or subject is None)
    _check_columns(sheet, needed, mistakes)
    reader = _Reader(sheet, Units(sheet, units, mistakes), mistakes, subject)
    events = Events(sheet, reader.units, mistakes, dict(routes or {}), route, drug)
    covariates = Covariates(sheet, reader.units, mistakes, dict(sex or {}))
    for line, row in sheet.rows:
        owner, time = reader.row(line, row)
        if owner is not None:
            covariates.take(line, row, owner)
            events.take(line, row, owner, 0 if time is None else time)  # without a time for its other mistakes
    known = covariates.finished()
    mistakes.refuse()
    notices = (*reader.units.notices, *events.notices(), *covariates.notices())
    unit = reader.units.observation() if events.observations else None
    mistakes.refuse()
    try:
        return EventTable(
            tuple(reader.seen), tuple(events.doses), tuple(events.observations), known, unit, notices=notices
        )
    except DataError as error:  # what no single row shows
        raise DataError(f"{file}: {error}", [replace(item, file=file) for item in error.problems]) from error


class _Reader:
    """Whose row it is and when: subjects together, times ascending within each."""

    def __init__(self, sheet: Sheet, units: Units, mistakes: Mistakes, subject: str | None) -> None:
        self.units, self._mistakes, self._only = units, mistakes, subject
        self._id = sheet.names.index("ID") if "ID" in sheet.names else None
        self._time = sheet.names.index("TIME")
        self.seen: dict[str, float] = {}
        self._last: str | None = None

    def row(self, line: int, row: list[str]) -> tuple[str | None, int | None]:
        """Return subject and time (ms) of a row; None for what is wrong with it."""
        owner = self._owner(line, row)
        time = self._when(line, row[self._time])
        if owner is None:
            return None, None
        before = self.seen.setdefault(owner, -float("inf"))
        if time is not None and time < before:
            found, allowed = row[self._time], f"not before the row above, at {before / 60_000:.6g} min"
            self._mistakes.add("the times go back", line=line, column="TIME", found=found, allowed=allowed)
        if time is not None:
            self.seen[owner] = max(time, before)
        return owner, time

    def _owner(self, line: int, row: list[str]) -> str | None:
        text = self._only if self._id is None else row[self._id]
        if text is None or not is_name(text):
            allowed = "a name or number of at most 64 characters"
            self._mistakes.add("the subject is not named", line=line, column="ID", found=repr(text), allowed=allowed)
            return None
        if text != self._last and text in self.seen:
            allowed = "all rows of a subject together"
            self._mistakes.add("the rows of a subject are apart", line=line, column="ID", found=text, allowed=allowed)
        self._last = text
        return text

    def _when(self, line: int, text: str) -> int | None:
        value = number_of(text)
        if isinstance(value, str):
            clock = ":" in text or "/" in text or text.count("-") > 1
            message = "this is a time of the clock" if clock else "no time" if text in ("", ".") else value
            allowed = "the time since the start, as a number"
            self._mistakes.add(message, line=line, column="TIME", found=text or "nothing", allowed=allowed)
            return None
        factor = self.units.factor("TIME", "ms")
        if factor is None:
            return None
        time = value * factor
        if not isfinite(time) or abs(time) > LONGEST:
            allowed = "at most thirty years from zero"
            self._mistakes.add("too far away", line=line, column="TIME", found=text, allowed=allowed)
            return None
        return round(time)


def _check_columns(sheet: Sheet, needed: tuple[str, ...], mistakes: Mistakes) -> None:
    for name in needed:
        if name not in sheet.names:
            _missing(name, sheet, mistakes)
    if "AMT" not in sheet.names and "DV" not in sheet.names:
        _missing("AMT", sheet, mistakes, " or DV")
    mistakes.refuse()


def _missing(name: str, sheet: Sheet, mistakes: Mistakes, other: str = "") -> None:
    free = [word for word in sheet.names if word not in COLUMNS]
    found = ", ".join(sheet.names)
    near = nearest(name, free)
    hint = f"rename {near} to {name}" if near else f"a column {name}{other}"
    mistakes.add(f"the column {name}{other} is missing", line=sheet.line, found=found, allowed=hint)


def _check_arguments(
    routes: Mapping[str, str] | None,
    route: str | None,
    drug: str,
    sex: Mapping[str, str] | None,
    subject: str | None,
    mistakes: Mistakes,
) -> None:
    for word in [*(routes or {}).values(), *([] if route is None else [route])]:
        if word not in ROUTES:
            allowed = ", ".join(ROUTES)
            mistakes.add("there is no such route", found=str(word), allowed=allowed, suggestion=nearest(word, ROUTES))
    for code in (sex or {}).values():
        if code not in ("female", "male"):
            mistakes.add("a code of SEX means something else", found=str(code), allowed="female, male")
    for text, what in ((drug, "drug"), (subject, "subject")):
        if text is not None and (not is_name(text) or (what == "drug" and text != text.lower())):
            problem = Problem(f"this cannot be the name of a {what}", mistakes.file, found=repr(text))
            raise DataError(str(problem), [problem])
