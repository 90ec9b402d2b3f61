"""From a file to a checked `Scenario`: tree, overrides, types, meaning. Every mistake is reported at once."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path as FilePath

from knuffel.scenario.asked import asked_rooms
from knuffel.scenario.body import parameter_sets, read_rooms
from knuffel.scenario.dose_table import observed_series, read_dose_table, table_doses
from knuffel.scenario.dose_table_subjects import TableSubjects
from knuffel.scenario.doses import as_dose, given_by, read_doses
from knuffel.scenario.fidelity import read_table
from knuffel.scenario.model import Scenario
from knuffel.scenario.nursing import notice_short
from knuffel.scenario.observe import read_engine, read_observe
from knuffel.scenario.overrides import apply_overrides
from knuffel.scenario.population import read_population, read_share, read_size
from knuffel.scenario.schema import Texts
from knuffel.scenario.schema_body import Document
from knuffel.scenario.source import parse, read_source
from knuffel.scenario.stimuli import read_stimuli
from knuffel.scenario.subject import notice_identical, of_sex, read_subject
from knuffel.scenario.times import DEFAULT_START, Times
from knuffel.scenario.tree import Problems
from knuffel.scenario.typed import normalise, typed
from knuffel.scenario.unheard import notice_unheard

__all__ = ["load", "loads"]

FORMAT = 1
_LARGEST_SEED = 2**32 - 1
_NAME = re.compile(r"^[\w][\w .+-]{0,99}$")
_LONGEST_TEXT = 2000


def load(source: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Scenario:
    """Read a file or a bundled scenario. Raises `ScenarioError` with every mistake."""
    display, path, content = read_source(source)
    return _read(content, overrides, display, path, FilePath(path).stem)


def loads(text: str, overrides: Sequence[str] = (), *, name: str = "scenario") -> Scenario:
    """Read a scenario from YAML text; ``name`` stands where messages have a file name. Raises `ScenarioError`."""
    return _read(text, overrides, name, "", name)


def _read(content: bytes | str, overrides: Sequence[str], display: str, path: str, stem: str) -> Scenario:
    root, text = parse(content, display)
    problems = Problems(root, display)
    problems.found.extend(apply_overrides(root, overrides))
    normalise(root, problems)
    document = typed(root, problems)
    return replace(_Reading(document, problems, stem, path).scenario(text), changes=tuple(overrides))


class _Reading:
    """The last stage: what a typed document means."""

    def __init__(self, document: Document, problems: Problems, stem: str, path: str) -> None:
        self.document, self.problems, self.stem, self.path = document, problems, stem, path

    def scenario(self, text: str) -> Scenario:
        document, problems = self.document, self.problems
        start = document.start if document.start is not None else DEFAULT_START
        times = Times(problems, None if problems.spoiled("start") else start, document.duration)
        if document.knuffel not in (None, FORMAT):
            problems.add(("knuffel",), "this version reads another format of scenarios", allowed=str(FORMAT))
        folder = FilePath(self.path).parent if self.path else None
        given = read_dose_table(document.dose_table, folder, problems)
        people = TableSubjects(given, document, problems)
        share = people.share(read_share(document.population, problems))
        subject = read_size(document.population, read_subject(document.subject, problems, share), problems)
        subject = people.sized(subject)
        women = people.women(subject)
        stimuli = read_stimuli(document.stimuli, subject, times, problems)
        tabled = table_doses(given, subject, women, times, problems)
        doses, protocol = read_doses(document.doses, subject, times, problems, tabled)
        asked = asked_rooms(document, doses, protocol)
        acting = doses if protocol is None else (*doses, as_dose(protocol))
        rooms = read_rooms(document.body, subject, times, problems, document.fidelity, folder, asked, acting)
        known = people.covariates(subject)
        population = read_population(document.population, subject, rooms, problems, known, women, given_by(acting))
        table = read_table(document.rate_table, rooms, folder or FilePath(), problems)
        observed = observed_series(given, times, problems)
        observe = read_observe(document.observe, rooms, times, problems, observed)
        engine = read_engine(document.engine, rooms, times, problems)
        notice_identical(subject, doses, population is not None and population.alike, problems)
        notice_unheard(stimuli, doses, protocol, rooms, problems)
        notice_short(stimuli, rooms, problems)
        seed, name = self._seed(), self._name()
        title, description = (
            self._texts("title", document.title, name),
            self._texts("description", document.description, ""),
        )
        problems.stop()
        if subject is None or times.duration is None:
            raise AssertionError("a scenario without subject or duration passed the checks")
        return Scenario(
            name=name,
            title=title,
            description=description,
            start_clock=start,
            duration=times.duration,
            seed=seed,
            subject=subject,
            sets=parameter_sets(rooms, of_sex(subject, "female")),
            stimuli=stimuli,
            doses=doses,
            rooms=rooms,
            observe=observe,
            engine=engine,
            rate_table=table,
            protocol=protocol,
            population=population,
            dose_table=None if given is None else given.spec(tabled),
            path=self.path,
            source=text,
            notices=tuple(problems.notices),
        )

    def _seed(self) -> int:
        seed = 1 if self.document.seed is None else self.document.seed
        if not 0 <= seed <= _LARGEST_SEED:
            self.problems.add(("seed",), "the seed is out of range", allowed=f"0 to {_LARGEST_SEED}")
        return seed

    def _name(self) -> str:
        name = self.document.name
        if name is None:
            return self.stem
        if not _NAME.match(name):
            self.problems.add(
                ("name",), "a name is made of letters, digits, spaces and . _ + -", allowed="at most 100 characters"
            )
        return name

    def _texts(self, key: str, given: Texts | None, default: str) -> dict[str, str]:
        texts = {name: value for name, value in (() if given is None else given) if value is not None}
        for name, value in texts.items():
            if len(value) > _LONGEST_TEXT:
                self.problems.add(
                    (key, name), "the text is too long", found=f"{len(value)} characters", allowed=f"{_LONGEST_TEXT}"
                )
        some = next(iter(texts.values()), default)
        return {name: texts.get(name, some).strip() for name in ("en", "nl")}
