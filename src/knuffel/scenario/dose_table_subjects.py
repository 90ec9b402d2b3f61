"""Whose doses a table holds: how many subjects, their sex, weight, week of pregnancy and days since the birth."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from knuffel.errors import Notice, Problem
from knuffel.population.distributions import Distribution
from knuffel.scenario.dose_table import GivenTable
from knuffel.scenario.model import SubjectSpec
from knuffel.scenario.population import limits_of
from knuffel.scenario.schema_body import Document
from knuffel.scenario.tree import Problems
from knuffel.scenario.weights import UNUSUAL, unusual_weight

__all__ = ["TableSubjects"]

_COVARIATES = {"WT": "weight", "WEEK": "gestational_week", "DAYS": "days_postpartum"}
_KNOWN = (*_COVARIATES, "SEX")
_STATES = {
    "WEEK": ("has no gestational week", "pregnant, term or postpartum"),
    "DAYS": ("has no birth behind it", "lactating or postpartum"),
}
_MOST_SUBJECTS = 100_000
_FEMALE = "female"
_SHOWN = 20


@dataclass
class TableSubjects:
    """What a table says of its subjects, read in the order in which a scenario comes to know them.

    Without a table every answer is the empty one. What the table does not say of a subject holds from the section
    ``subject`` of the scenario.
    """

    given: GivenTable | None
    document: Document
    problems: Problems
    _lines: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.given is None:
            return
        table = self.given.table
        rows = [(item.subject, item.line) for item in table.doses]
        rows += [(item.subject, item.line) for item in table.observations]
        for owner, line in rows:
            self._lines[owner] = min(line, self._lines.get(owner, line))
        unread = sorted({name for facts in table.covariates.values() for name in facts} - set(_KNOWN))
        if unread:
            text = f"nothing in a scenario reads these columns: {', '.join(unread)}"
            self.problems.notices.append(Notice("table_columns_unread", text, self.given.file))

    def share(self, drawn: float | None) -> float | None:
        """Return the share of women by SEX; ``drawn``, that of the scenario, when the table does not say."""
        sexes = self._facts("SEX")
        if not sexes:
            return drawn
        path = ("population", "covariates", "sex")
        if self.problems.written(*path):
            message = "SEX of the table says who is a woman, and it is distributed"
            self.problems.add(path, message, allowed="one of them", at_key=True)
            return drawn
        section = self.document.subject
        usual = None if section is None else section.sex
        women = self._women()
        if usual is not None and len(set(women)) == 1 and women[0] != (usual == _FEMALE):
            self._overruled("sex", "SEX")
        return sum(women) / len(women)

    def sized(self, subject: SubjectSpec | None) -> SubjectSpec | None:
        """Return the subject with as many subjects as the table has; one of a table leaves their number alone."""
        if self.given is None or subject is None or not self.given.several:
            return subject
        count = len(self.given.table.ids)
        who, cohort = self.document.subject, self.document.population
        for path, said in (
            (("subject", "count"), None if who is None else who.count),
            (("population", "n"), None if cohort is None else cohort.n),
        ):
            if said not in (None, count) and not self.problems.spoiled(*path):
                message = "the dosing table has another number of subjects"
                self.problems.add(path, message, allowed=f"{count}, or leave it out")
        if count > _MOST_SUBJECTS:
            self._tell("too many subjects", None, "ID", found=f"{count}", allowed=f"at most {_MOST_SUBJECTS}")
        return replace(subject, count=count)

    def women(self, subject: SubjectSpec | None) -> tuple[bool, ...]:
        """Return who is a woman, one for each subject; nothing unless the table has both sexes."""
        if subject is None or subject.sex != "mixed" or not self._facts("SEX"):
            return ()
        return self._women()

    def covariates(self, subject: SubjectSpec | None) -> dict[str, Distribution]:
        """Return what the table gives for each subject, by the name of the covariate; checks what is possible."""
        found: dict[str, Distribution] = {}
        if self.given is None or subject is None:
            return found
        for column, name in _COVARIATES.items():
            values = self._facts(column)
            usual = getattr(subject, name)
            if not values or not self._fits(column, usual, subject):
                continue
            self._check(column, values, limits_of(name, subject))
            if name == "weight":
                self._notice_weight(column, values, subject.species)
            numbers = tuple(float(values.get(owner, usual)) for owner in self.given.table.ids)
            if not self.given.several:
                numbers *= subject.count
            every = len(values) == len(self.given.table.ids)
            if every and self.problems.written("subject", name) and set(numbers) != {usual}:
                self._overruled(name, column)
            found[name] = Distribution("values", low=min(numbers), high=max(numbers), values=numbers)
        return found

    def _facts(self, column: str) -> dict[str, float | str]:
        table = None if self.given is None else self.given.table
        facts = {} if table is None else table.covariates
        return {owner: known[column] for owner, known in facts.items() if column in known}

    def _women(self) -> tuple[bool, ...]:
        assert self.given is not None
        section, sexes = self.document.subject, self._facts("SEX")
        usual = _FEMALE if section is None or section.sex is None else section.sex
        return tuple(sexes.get(owner, usual) == _FEMALE for owner in self.given.table.ids)

    def _fits(self, column: str, usual: float | None, subject: SubjectSpec) -> bool:
        name = _COVARIATES[column]
        path = ("population", "covariates", name)
        if usual is None:
            what, states = _STATES[column]
            allowed = f"subject.state: {states}; or no column {column}"
            self._tell(f"a {subject.state} subject {what}", next(iter(self._facts(column))), column, allowed=allowed)
        elif self.problems.written(*path):
            message = f"{column} of the dosing table gives {name}, and it is distributed"
            self.problems.add(path, message, allowed="one of them", at_key=True)
        else:
            return True
        return False

    def _check(self, column: str, values: dict[str, float | str], limits: tuple[float, float]) -> None:
        low, high = limits
        wrong = [(owner, float(value)) for owner, value in values.items() if not low <= float(value) <= high]
        for owner, value in wrong[:_SHOWN]:
            self._tell("not a possible value", owner, column, found=f"{value:g}", allowed=f"{low:g} to {high:g}")

    def _notice_weight(self, column: str, values: dict[str, float | str], species: str) -> None:
        text = unusual_weight(map(float, values.values()), species)
        if text is not None:
            assert self.given is not None
            self.problems.notices.append(Notice(UNUSUAL, text, f"{self.given.file} column {column}"))

    def _overruled(self, name: str, column: str) -> None:
        text = f"{column} of the dosing table holds, not this"
        self.problems.notice("table_overrules", ("subject", name), text)

    def _tell(self, message: str, owner: str | None, column: str, **facts: Any) -> None:
        assert self.given is not None
        line = None if owner is None else self._lines.get(owner)
        problem = Problem(message, self.given.file, line, key=f"column {column}", **facts)
        self.problems.take(("dose_table",), [problem])
