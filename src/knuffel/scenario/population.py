"""Virtual subjects: how many, what is drawn, and how."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from knuffel.body.plan import component_class
from knuffel.errors import ParameterError
from knuffel.evidence import load
from knuffel.population.distributions import Distribution
from knuffel.population.draws import Correlation, cholesky, groups
from knuffel.population.spec import (
    ALL,
    CLEARANCE,
    COVARIATES,
    FUNCTIONS,
    LISTED,
    NONE,
    OXYTOCINASE,
    VOLUME,
    PopulationSpec,
)
from knuffel.scenario.body import parameter_sets
from knuffel.scenario.distributed import read_distribution
from knuffel.scenario.model import RoomSpec, SubjectSpec
from knuffel.scenario.schema_population import Covariates, Distributed, Population
from knuffel.scenario.subject import POSSIBLE_WEIGHT, longest_since_birth, of_sex, weeks_of
from knuffel.scenario.tree import Path, Problems
from knuffel.scenario.weights import UNUSUAL, unusual_weight

__all__ = ["limits_of", "read_population", "read_share", "read_size"]

_PATH: Path = ("population",)
_MOST_SUBJECTS = 100_000
_LARGEST_CV = 10.0
_OWN = ("weight", "gestational_week", "days_postpartum")
"""Covariates that one value of the same name in the section ``subject`` can stand for."""


def read_share(section: Population | None, problems: Problems) -> float | None:
    """Return the share of women, None when sex is not drawn."""
    sexes = None if section is None or section.covariates is None else section.covariates.sex
    if sexes is None or sexes.female is None:
        return None
    share = sexes.female.value
    if not 0 <= share <= 1:
        problems.add((*_PATH, "covariates", "sex", "female"), "not a possible share", allowed="0 to 1, or 0 to 100 %")
        return None
    return share


def read_size(section: Population | None, subject: SubjectSpec | None, problems: Problems) -> SubjectSpec | None:
    """Return the subject with the number of subjects of the cohort, if there is one."""
    if section is None or subject is None:
        return subject
    n = 1 if section.n is None else section.n
    if not 1 <= n <= _MOST_SUBJECTS:
        problems.add((*_PATH, "n"), "not a possible number of subjects", allowed=f"1 to {_MOST_SUBJECTS}")
        n = 1
    elif section.n is None and not problems.spoiled_below(*_PATH, "n") and not problems.written("dose_table"):
        problems.add((*_PATH, "n"), "this key is missing", show_found=False)
    return replace(subject, count=n)


def read_population(
    section: Population | None,
    subject: SubjectSpec | None,
    rooms: Mapping[str, RoomSpec],
    problems: Problems,
    known: Mapping[str, Distribution] | None = None,
    women: tuple[bool, ...] = (),
    given: Collection[tuple[str, str]] = (),
) -> PopulationSpec | None:
    """Return the cohort, None when there is none. ``subject`` has its number of subjects already.

    ``given`` are the (drug, route) pairs of the doses; ``known`` covariates and ``women`` are those of a dosing table.
    Without a section of the scenario they are all that differs between its subjects.
    """
    if subject is None or (section is None and not known and not women):
        return None
    spec = _Reader(section or Population(spread=[NONE]), subject, rooms, problems, given).read()
    if women:
        spec = replace(spec, women=women, female_share=sum(women) / len(women))
    return replace(spec, covariates={**spec.covariates, **known}) if known else spec


class _Reader:
    def __init__(
        self,
        section: Population,
        subject: SubjectSpec,
        rooms: Mapping[str, RoomSpec],
        problems: Problems,
        given: Collection[tuple[str, str]],
    ) -> None:
        self.section, self.subject, self.rooms, self.problems = section, subject, rooms, problems
        self.sexes = ("female", "male") if subject.sex == "mixed" else (subject.sex,)
        self.sets = {sex: parameter_sets(dict(rooms), of_sex(subject, sex)) for sex in self.sexes}
        running = [spec for spec in rooms.values() if spec.mode == "model"]
        kinds = [component_class(spec.room, spec.model) for spec in running]
        self.used = {name for kind in kinds for name in kind.evidence_ids(given)}
        known = load.parameters()
        entries = {name: known[name] for name in self.used if name in known}
        for name in self.sets[self.sexes[0]]:
            entries.update({key: item for key, item in load.sets()[name].parameters.items() if key in entries})
        self.entries = entries

    def read(self) -> PopulationSpec:
        kind, listed = self._spread()
        cvs = self._own_spreads()
        share = read_share(self.section, self.problems) if self.subject.sex == "mixed" else None
        return PopulationSpec(
            n=self.subject.count,
            spread=kind,
            listed=listed,
            cvs=cvs,
            correlations=self._correlations(),
            covariates=self._covariates(),
            female_share=share,
            sets=self.sets,
        )

    def _spread(self) -> tuple[str, tuple[str, ...]]:
        given = [(place, name) for place, name in enumerate(self.section.spread or []) if name is not None]
        names = [name for _, name in given]
        if not names:
            return (ALL if self.section.spread is None else NONE), ()
        if names in ([ALL], [NONE]):
            return names[0], ()
        path: Path = (*_PATH, "spread")
        fitting = sorted(filter(self._spreads, self.entries))
        found: list[str] = []
        for place, name in given:
            if name in found:
                self.problems.add((*path, place), f"{name} stands here twice")
            elif name in fitting:
                found.append(name)
            elif name in self.entries:
                hint = f"population.spreads: {{{name}: 30 %}}"
                message = f"the evidence has no spread for this parameter in a {self.subject.state} subject"
                self.problems.add((*path, place), message, allowed=hint)
            else:
                allowed = [ALL, NONE, *fitting]
                self.problems.add((*path, place), self._unused(name), allowed=allowed, near=name)
        for name in found:
            for other in self.entries[name].spread.get("not_with", ()):
                if other in found:
                    message = f"{name} and {other} stand for the same difference between people"
                    self.problems.add(path, message, allowed="one of them", show_found=False)
        return LISTED, tuple(sorted(found))

    def _unused(self, name: str) -> str:
        known = name in load.parameters()
        return "no model and no dose of this scenario uses this parameter" if known else "no such parameter"

    def _spreads(self, name: str) -> bool:
        """Tell whether a parameter in use has a spread in subjects of this state."""
        entry = self.entries.get(name)
        spread = {} if entry is None or (self.subject.species != "human" and entry.species == "human") else entry.spread
        return bool(spread) and (not spread.get("states") or self.subject.state in spread["states"])

    def _can_differ(self, name: str) -> bool:
        value = self.entries[name].value
        return isinstance(value, float) and value > 0

    def _own_spreads(self) -> dict[str, float]:
        found = {}
        for name, given in (self.section.spreads or {}).items():
            path: Path = (*_PATH, "spreads", name)
            if name not in self.entries:
                allowed = sorted(filter(self._can_differ, self.entries))
                self.problems.add(path, self._unused(name), found=repr(name), allowed=allowed, near=name, at_key=True)
            elif not self._can_differ(name):
                message = "only one number, and one above zero, can differ between subjects"
                self.problems.add(path, message, found=f"{self.entries[name].value}", at_key=True)
            elif given is not None:
                if not 0 <= given.value <= _LARGEST_CV:
                    most = f"0 to {_LARGEST_CV:g}, or 0 to {100 * _LARGEST_CV:g} %"
                    self.problems.add(path, "not a possible coefficient of variation", allowed=most)
                    continue
                found[name] = given.value
        return dict(sorted(found.items()))

    def _correlations(self) -> tuple[Correlation, ...]:
        known, found = load.parameters(), {}
        for pair, name in (
            ((VOLUME, CLEARANCE), "population.clearance_volume_correlation"),
            ((CLEARANCE, OXYTOCINASE), "population.clearance_oxytocinase_correlation"),
        ):
            value = known[name].value
            assert isinstance(value, float)
            if OXYTOCINASE not in pair or self._spreads(OXYTOCINASE):
                found[_pair(*pair)] = value
        own: set[tuple[str, str]] = set()
        for place, item in enumerate(self.section.correlations or []):
            path: Path = (*_PATH, "correlations", place)
            if item is None or item.of is None or item.with_ is None or item.r is None:
                continue
            wrong = False
            for key, name in (("of", item.of), ("with", item.with_)):
                if name not in self.entries:
                    self.problems.add((*path, key), self._unused(name), allowed=sorted(self.entries), near=name)
                    wrong = True
            pair = _pair(item.of, item.with_)
            if wrong:
                continue
            if item.of == item.with_:
                self.problems.add((*path, "with"), "a parameter cannot be correlated with itself")
            elif pair in own:
                self.problems.add(path, f"{pair[0]} and {pair[1]} stand here twice", show_found=False)
            elif not -1 < item.r.value < 1:
                self.problems.add((*path, "r"), "not a possible correlation", allowed="above -1 and below 1")
            else:
                own.add(pair)
                found[pair] = item.r.value
        result = tuple((first, second, r) for (first, second), r in sorted(found.items()) if r != 0)
        for group in groups(result):
            try:
                cholesky(group, result)
            except ParameterError as error:
                path = (*_PATH, "correlations")
                self.problems.add(path, str(error), allowed="weaker correlations", show_found=False)
        return result

    def _covariates(self) -> dict[str, Distribution]:
        given = self.section.covariates or Covariates()
        found = {}
        for name, (unit, _) in COVARIATES.items():
            item, path = getattr(given, name), (*_PATH, "covariates", name)
            if item is None or not self._fits(name, path):
                continue
            limits = limits_of(name, self.subject)
            how = read_distribution(item, unit, limits, self.subject.count, path, self.problems)
            if how is not None:
                found[name] = how
                if name == "weight":
                    self._notice_weight(how, item, path)
        return found

    def _notice_weight(self, how: Distribution, item: Distributed, path: Path) -> None:
        """Say so when the centre, a limit that was typed, or a listed weight is unusual; once."""
        given: list[tuple[str, tuple[float, ...]]] = [
            ("values", how.values),
            ("median", () if item.median is None else (how.centre,)),
            ("mean", () if item.mean is None else (how.centre,)),
            ("from", () if item.from_ is None else (how.low,)),
            ("to", () if item.to is None else (how.high,)),
        ]
        for key, weights in given:
            text = unusual_weight(weights, self.subject.species)
            if text is not None:
                self.problems.notice(UNUSUAL, (*path, key), text)
                return

    def _fits(self, name: str, path: Path) -> bool:
        """Tell whether the subject and the models can have this covariate."""
        subject, problems = self.subject, self.problems
        if name == "gestational_week" and subject.gestational_week is None:
            allowed = "subject.state: pregnant, term or postpartum; or leave it out"
            problems.add(path, f"a {subject.state} subject has no gestational week", allowed=allowed, at_key=True)
        elif name == "days_postpartum" and subject.days_postpartum is None:
            allowed = "subject.state: lactating or postpartum; or leave it out"
            problems.add(path, f"a {subject.state} subject has no birth behind it", allowed=allowed, at_key=True)
        elif name in _OWN and problems.written("subject", name):
            message = f"{name} is given for all subjects, and distributed"
            problems.add(path, message, allowed="one of them", found=f"also subject.{name}", at_key=True)
        elif name in FUNCTIONS and FUNCTIONS[name] not in self.used:
            message = "no model of this scenario uses it"
            problems.add(path, message, allowed=f"a model with the parameter {FUNCTIONS[name]}", at_key=True)
        elif name in FUNCTIONS and any(FUNCTIONS[name] in spec.overrides for spec in self.rooms.values()):
            message = f"{FUNCTIONS[name]} is given for all subjects, and distributed"
            problems.add(path, message, allowed="one of them", at_key=True)
        else:
            return True
        return False


def _pair(first: str, second: str) -> tuple[str, str]:
    return (first, second) if first < second else (second, first)


def limits_of(name: str, subject: SubjectSpec) -> tuple[float, float]:
    """Return what a covariate can be, in its unit; the limits themselves are possible."""
    if name == "gestational_week":
        return weeks_of(subject.state)
    if name == "days_postpartum":
        return 0.0, longest_since_birth(subject.species, subject.state)
    return (0.0, 1.0) if name in FUNCTIONS else POSSIBLE_WEIGHT[subject.species]
