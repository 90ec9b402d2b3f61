"""A dosing table in a scenario: the file, its doses, and when its samples were taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path as FilePath

from knuffel.dosing_tables import ROUTES, WITH_UNIT, EventTable, read_event_table
from knuffel.dosing_tables import Dose as Row
from knuffel.errors import DataError, Notice, Problem
from knuffel.evidence import load
from knuffel.scenario.dose import DoseReader
from knuffel.scenario.model import DoseSpec, DoseTableSpec, SubjectSpec
from knuffel.scenario.schema_body import Sample
from knuffel.scenario.schema_events import Dose, DoseTable
from knuffel.scenario.subject import of_sex
from knuffel.scenario.times import Times, time_text
from knuffel.scenario.tree import Node, Path, Problems

__all__ = ["OBSERVED", "GivenTable", "observed_series", "read_dose_table", "table_doses"]

OBSERVED = "observed"
"""The name of the sampling series that stands for the observations of a table."""

_PATH: Path = ("dose_table",)
_TRUTH = "truth"
_REPORTED = ("pg/mL", "uU/mL", "pmol/L")
_PORT = "plasma.{drug}_concentration"
_OXYTOCIN, _CARRIED = "oxytocin", ("oxytocin", "carbetocin", "atosiban")
_INFUSION = "iv_infusion"
_MOST_DOSES = 100_000
_MOST_MISTAKES = 20
_COLUMNS = {"drug": "DRUG", "route": "ROUTE", "amount": "AMT", "rate": "RATE", "duration": "RATE", "at": "TIME"}
_SEXES = ("female", "male")


@dataclass(frozen=True)
class GivenTable:
    """A table that a scenario names: its ``file`` as messages show it, and what stands in it."""

    file: str
    table: EventTable
    assay: str | None

    @property
    def several(self) -> bool:
        """Whether each subject has rows of its own; the only one of a table stands for everybody."""
        return len(self.table.ids) > 1

    def spec(self, doses: Iterable[DoseSpec]) -> DoseTableSpec:
        """Return what the scenario keeps of it beside the doses."""
        return DoseTableSpec(self.table.ids, len(tuple(doses)), self.file)


def read_dose_table(section: DoseTable | None, folder: FilePath | None, problems: Problems) -> GivenTable | None:
    """Return the table of a scenario, None when there is none or it has mistakes.

    ``folder`` is that of the scenario file, None for a scenario that is a text. Mistakes in the file become problems
    with its name, line and column.
    """
    if section is None or section.file is None or not _sound(section, problems):
        return None
    where: Path = (*_PATH, "file")
    base = FilePath() if problems.elsewhere(where) else folder
    if base is None:
        message = "a scenario that is a text has no folder to look in"
        problems.add(where, message, allowed="a scenario file, or an override: dose_table=study.csv")
        return None
    file = base / section.file
    try:
        table = read_event_table(
            file,
            units=_texts(section.units),
            routes=_texts(section.routes),
            route=section.route,
            drug=section.drug or _OXYTOCIN,
            sex=_texts(section.sex),
            subject="1",
        )
    except DataError as error:
        problems.take(_PATH, error.problems or [Problem(str(error), str(file))])
        return None
    problems.notices.extend(table.notices)
    return GivenTable(str(file), table, section.observations)


def _texts(given: dict[str, str | None] | None) -> dict[str, str]:
    return {key: text for key, text in (given or {}).items() if text is not None}


def _sound(section: DoseTable, problems: Problems) -> bool:
    """Whether what is said about the table is possible; tell where it is not."""
    before = len(problems.found)
    for name in section.units or {}:
        if name.upper() not in WITH_UNIT:
            path: Path = (*_PATH, "units", name)
            message = "no unit is read for this column"
            problems.add(path, message, found=repr(name), allowed=WITH_UNIT, near=name.upper(), at_key=True)
    named = [((*_PATH, "routes", code), word) for code, word in (section.routes or {}).items()]
    for path, word in [((*_PATH, "route"), section.route), *named]:
        if word is not None and word not in ROUTES:
            problems.add(path, "there is no such route", allowed=ROUTES, near=word)
    for code, word in (section.sex or {}).items():
        if word not in (None, *_SEXES):
            problems.add((*_PATH, "sex", code), "a code of SEX means something else", allowed=_SEXES, near=word)
    if section.drug is not None and section.drug not in _CARRIED:
        problems.add((*_PATH, "drug"), "there is no such drug", allowed=_CARRIED, near=section.drug)
    assays, assay = load.assays(), section.observations
    if assay is not None and assay not in assays:
        problems.add((*_PATH, "observations"), "there is no such assay", allowed=assays, near=assay)
    return len(problems.found) == before


def table_doses(
    given: GivenTable | None, subject: SubjectSpec | None, women: tuple[bool, ...], times: Times, problems: Problems
) -> tuple[DoseSpec, ...]:
    """Return the doses of a table, each for its subject, or for everybody when the table has one subject.

    ``women`` tells the sexes of the subjects apart where they differ. What begins after the end is left out with a
    notice; at most twenty mistakes are told.
    """
    if given is None or not _few(given, problems):
        return ()
    place = {name: number for number, name in enumerate(given.table.ids)}
    kinds = [subject, subject] if subject is None else [of_sex(subject, sex) for sex in _SEXES]
    row = _TableRow(problems, given.file)
    found: list[DoseSpec] = []
    late, known = 0, len(problems.found)
    for item in given.table.doses:
        if len(problems.found) - known >= _MOST_MISTAKES:
            break
        if times.duration is not None and item.time_ms >= times.duration:
            late += 1
            continue
        row.stand_at(item)
        who = kinds[0 if not women or women[place[item.subject]] else 1]
        spec = _dose(item, row, who, times)
        if spec is not None:
            owner = f", subject {item.subject}"
            own = replace(spec, subject=place[item.subject], text=spec.text + owner)
            found.append(own if given.several else spec)
    row.tell_notices()
    if late and times.duration is not None:
        text = f"{late} doses begin after the end of the scenario, {time_text(times.duration)}, and are not given"
        problems.notices.append(Notice("table_doses_late", text, given.file))
    return tuple(found)


def _few(given: GivenTable, problems: Problems) -> bool:
    count = len(given.table.doses)
    if count <= _MOST_DOSES:
        return True
    allowed = f"at most {_MOST_DOSES:,}"
    problems.take(_PATH, [Problem("too many doses for one scenario", given.file, found=f"{count:,}", allowed=allowed)])
    return False


def _dose(item: Row, row: _TableRow, subject: SubjectSpec | None, times: Times) -> DoseSpec | None:
    """Return a dose in pg and pg/s, through the reader of typed doses, so that the same rules hold."""
    at, unit = f"{item.time_ms} ms", item.amount_unit
    if item.time_ms < 0:
        row.add((*_PATH, "at"), "this lies before the start of the scenario", allowed="0 or later")
        return None
    if item.rate is not None and item.route != _INFUSION:
        message = f"a rate by this route ({item.route}) is not modelled"
        row.add((*_PATH, "rate"), message, allowed=f"RATE 0, or the route {_INFUSION}")
        return None
    if item.rate is None:
        typed = Dose(drug=item.drug, route=item.route, amount=f"{_shown(item.amount)} {unit}", at=at)
    elif item.duration_ms > 0:
        rate, lasts = f"{_shown(item.rate)} {unit}/{item.per}", f"{item.duration_ms} ms"
        typed = Dose(drug=item.drug, route=item.route, rate=rate, start=at, duration=lasts)
    else:
        row.add((*_PATH, "rate"), "the infusion is over within a millisecond", allowed="RATE 0 for a dose at once")
        return None
    before = len(row.found)
    found = DoseReader(typed, _PATH, subject, times, row).read()
    return found[0] if found and len(row.found) == before else None


def _shown(value: float) -> str:
    return repr(value).removesuffix(".0")


class _TableRow(Problems):
    """Puts the finger on a row of the table, where the reader of doses would on a key of the scenario.

    Notices of the same kind are told once, with how many rows they are about.
    """

    def __init__(self, problems: Problems, file: str) -> None:
        super().__init__(problems.root, file)
        self.found = problems.found
        self._told = problems.notices
        self._counts: dict[str, tuple[Notice, int]] = {}
        self._item: Row | None = None

    def stand_at(self, item: Row) -> None:
        """Go to a row."""
        self._item = item
        self._spoiled.clear()

    def notice(self, code: str, path: Path, message: str) -> None:
        first, count = self._counts.get(code, (Notice(code, message, self.where(path)), 0))
        self._counts[code] = (first, count + 1)

    def tell_notices(self) -> None:
        """Pass on what was noticed."""
        for first, count in self._counts.values():
            more = f" (and {count - 1} more doses like this)" if count > 1 else ""
            self._told.append(replace(first, message=first.message + more))

    def _key(self, path: Path) -> str:
        column = _COLUMNS.get(str(path[-1]))
        return f"column {column}" if column else ""

    def _place(self, path: Path, at_key: bool) -> tuple[str, int | None, int | None, Node | None]:
        line = None if self._item is None else self._item.line
        return self.file, line, None, self._value(str(path[-1]), line)

    def _value(self, key: str, line: int | None) -> Node | None:
        """Return what the row says of a key, as messages show it."""
        item = self._item
        if item is None or key not in _COLUMNS:
            return None
        minutes = f"{item.time_ms / 60_000:.6g} min"
        texts = {"drug": item.drug, "route": item.route, "amount": f"{item.amount:.6g} {item.amount_unit}"}
        texts |= {"at": minutes, "rate": f"{item.rate or 0:.6g} {item.amount_unit}/{item.per}"}
        return Node("scalar", line, None, self.file, text=texts.get(key))


def observed_series(given: GivenTable | None, times: Times, problems: Problems) -> Sample | None:
    """Return the sampling series at the times of the observations, None when there is nothing to sample.

    It samples the drug that the table gives, when that is one only, and oxytocin otherwise, in the unit of the table
    where a laboratory reports in it.
    """
    if given is None or not given.table.observations:
        return None
    table, end = given.table, times.duration
    moments = sorted({seen.time_ms for seen in table.observations})
    kept = [time for time in moments if time >= 0 and (end is None or time <= end)]
    if len(kept) < len(moments):
        text = f"{len(moments) - len(kept)} of {len(moments)} sampling times lie before the start or after the end of "
        problems.notices.append(Notice("table_samples_outside", text + "the scenario and are left out", given.file))
    if not kept:
        return None
    drugs = {dose.drug for dose in table.doses}
    drug = drugs.pop() if len(drugs) == 1 else _OXYTOCIN
    fits = drug == _OXYTOCIN and table.observation_unit in _REPORTED
    return Sample(
        assay=given.assay or _TRUTH,
        name=OBSERVED,
        port=_PORT.format(drug=drug if drug in _CARRIED else _OXYTOCIN),
        times=[f"{time} ms" for time in kept],
        unit=table.observation_unit if fits else None,
    )
