"""What a dosing table holds once it is read: doses, observations, and what is known of each subject."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, NoReturn

from knuffel.dosing_tables.kinds import is_amount, is_observed
from knuffel.dosing_tables.wording import is_number
from knuffel.errors import DataError, Notice, Problem, nearest

__all__ = [
    "COLUMNS",
    "INFUSED",
    "LONGEST",
    "MILLISECONDS",
    "ROUTES",
    "SEXES",
    "Dose",
    "EventTable",
    "Observation",
    "bare",
    "is_name",
]

ROUTES = (
    "iv_bolus",
    "iv_infusion",
    "im",
    "intranasal_spray",
    "inhaled_dry_powder",
    "vaginal_gel",
    "sublingual",
    "buccal",
    "subcutaneous",
    "oral",
    "icv",
)
"""The ways in which a drug can be given."""

INFUSED = ("iv_infusion", "subcutaneous", "icv")
"""The routes on which a dose may have a rate; on the first it has to."""

COLUMNS = (
    "ID",
    "TIME",
    "AMT",
    "RATE",
    "EVID",
    "ADDL",
    "II",
    "CMT",
    "ROUTE",
    "DV",
    "DRUG",
    "MDV",
    "DUR",
    "SS",
    "BLQ",
)
"""The columns with a meaning of their own; every other one is a covariate."""

SEXES = ("female", "male")
LONGEST = 10**12
"""The largest time, in ms, before or after zero: some thirty years."""

MILLISECONDS = {"min": 60_000, "s": 1000}
"""The times in which a rate may be kept."""

_NUMERIC = {"WT": "above 0", "WEEK": "0 or more", "DAYS": "0 or more"}
_LONGEST_NAME = 64
_BARE = re.compile(r"^\s*([^\[\]()]*?)\s*(?:[\[(]\s*([^\[\]()]*(?:\([^()]*\)[^\[\]()]*)?)\s*[\])])?\s*$")


def bare(name: str) -> tuple[str, str | None]:
    """Return a heading such as ``AMT[IU]`` as name in capitals and unit, None when it has none."""
    match = _BARE.match(name)
    if match is None:
        return name.strip().upper(), None
    return match[1].upper(), match[2] or None


def is_name(text: str) -> bool:
    """Whether a text can stand in a field of a table and be read back as it was."""
    plain = text == text.strip() and text not in ("", ".") and len(text) <= _LONGEST_NAME
    return plain and text.isprintable() and not text.startswith("#") and '"' not in text


@dataclass(frozen=True)
class Dose:
    """One dose of one subject, at ``time_ms`` after zero.

    ``amount`` is in ``amount_unit`` (a mass, IU or moles). ``rate``, in that unit per minute (or per second, when
    ``per`` is s), is there when the dose goes in at a constant rate, and then it lasts amount / rate; None is a dose
    given at once. ``line`` is where it stood in the file (0 for none) and does not count when doses are compared.
    """

    subject: str
    time_ms: int
    amount: float
    amount_unit: str
    rate: float | None
    route: str
    drug: str
    line: int = field(default=0, compare=False)
    per: str = "min"

    @property
    def duration_ms(self) -> int:
        """Return how long the dose goes in, in ms, rounded to whole ones; 0 for a dose given at once."""
        return 0 if self.rate is None else round(self.amount / self.rate * MILLISECONDS[self.per])


@dataclass(frozen=True)
class Observation:
    """One sample of one subject, at ``time_ms`` after zero.

    ``value`` is in the unit of the table, None when it is missing. ``below`` marks a value below the limit of
    quantification; ``value`` is then the limit, if the file gives it. ``line`` does not count when two are compared.
    """

    subject: str
    time_ms: int
    value: float | None
    below: bool = False
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class EventTable:
    """Doses and observations of subjects, in the order of ``ids`` and then of time.

    ``covariates`` gives for each subject what is known of it: WT in kg, WEEK and DAYS as numbers, SEX as female or
    male, and whatever other columns there were, as a number when all their values are numbers and as text otherwise.
    ``observation_unit`` is the unit of every value; None without observations. ``notices`` do not count when two
    tables are compared.

    Raises `DataError` for what could not be written and read back: a subject that is not in ``ids``, a number that is
    not finite, an unknown route, two units of amount.
    """

    ids: tuple[str, ...]
    doses: tuple[Dose, ...] = ()
    observations: tuple[Observation, ...] = ()
    covariates: Mapping[str, Mapping[str, float | str]] = field(default_factory=dict)
    observation_unit: str | None = None
    notices: tuple[Notice, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        place = {subject: number for number, subject in enumerate(self.ids)}
        if not self.ids or len(place) < len(self.ids) or not all(map(is_name, self.ids)):
            _refuse("the subjects need names, each one once", allowed="plain texts of at most 64 characters")
        _known_subjects(place, [dose.subject for dose in self.doses], "doses")
        _known_subjects(place, [seen.subject for seen in self.observations], "observations")
        _known_subjects(place, self.covariates, "covariates")
        for dose in self.doses:
            _check_dose(dose)
        for seen in self.observations:
            _check_time(seen.time_ms)
            if seen.value is not None and not isfinite(seen.value):
                _refuse("an observation is not finite", found=str(seen.value))
        if len({dose.amount_unit for dose in self.doses}) > 1:
            _refuse("the amounts of one table need one unit", found=", ".join({d.amount_unit for d in self.doses}))
        if len({dose.per for dose in self.doses if dose.rate is not None}) > 1:
            _refuse("the rates of one table need one unit", found="per min and per s")
        if (self.observation_unit is None) != (not self.observations):
            _refuse("observations need a unit, and a table without them has none")
        if self.observation_unit is not None and not is_observed(self.observation_unit):
            _refuse("observations cannot be in this unit", found=self.observation_unit, allowed="such as pg/mL")
        _check_covariates(self.covariates)
        # One order, so that equal content is equal; sorting keeps the order of what happens at the same time.
        doses = sorted(self.doses, key=lambda item: (place[item.subject], item.time_ms))
        observations = sorted(self.observations, key=lambda item: (place[item.subject], item.time_ms))
        object.__setattr__(self, "doses", tuple(doses))
        object.__setattr__(self, "observations", tuple(observations))
        kept = {subject: dict(facts) for subject, facts in self.covariates.items() if facts}
        object.__setattr__(self, "covariates", kept)

    def doses_of(self, subject: str) -> tuple[Dose, ...]:
        """Return the doses of one subject in the order of time."""
        return tuple(dose for dose in self.doses if dose.subject == subject)

    def observations_of(self, subject: str) -> tuple[Observation, ...]:
        """Return the observations of one subject in the order of time."""
        return tuple(seen for seen in self.observations if seen.subject == subject)


def _refuse(message: str, **facts: Any) -> NoReturn:
    problem = Problem(message, **facts)
    raise DataError(str(problem), [problem])


def _known_subjects(place: Mapping[str, int], subjects: Iterable[str], what: str) -> None:
    for subject in subjects:
        if subject not in place:
            _refuse(f"{what} of a subject that is not in the table", found=subject, suggestion=nearest(subject, place))


def _check_time(time: int) -> None:
    if not isinstance(time, int) or abs(time) > LONGEST:
        _refuse("times are whole milliseconds", found=str(time), allowed=f"up to {LONGEST:g} before or after zero")


def _check_dose(dose: Dose) -> None:
    _check_time(dose.time_ms)
    if dose.route not in ROUTES:
        suggestion = nearest(dose.route, ROUTES)
        _refuse("there is no such route", found=dose.route, allowed=", ".join(ROUTES), suggestion=suggestion)
    if not (isfinite(dose.amount) and dose.amount > 0):
        _refuse("a dose needs an amount above 0", found=str(dose.amount))
    if dose.rate is not None and not (isfinite(dose.rate) and dose.rate > 0):
        _refuse("a rate is above 0", found=str(dose.rate))
    if dose.per not in (MILLISECONDS if dose.rate is not None else ("min",)):
        _refuse("a rate is per min or per s, a dose without one keeps min", found=dose.per, allowed="min, s")
    if dose.rate is None and dose.route == "iv_infusion":
        _refuse("an infusion needs a rate", found=str(dose))
    if dose.rate is not None and dose.route not in INFUSED:
        _refuse("a dose on this route has no rate", found=dose.route, allowed=", ".join(INFUSED))
    if dose.rate is not None and not dose.amount / dose.rate <= LONGEST:
        _refuse("the infusion would never end", found=str(dose.rate))
    if not is_name(dose.drug) or dose.drug != dose.drug.lower():
        _refuse("a drug is a plain word in small letters", found=dose.drug)
    if not is_amount(dose.amount_unit):
        _refuse("amounts cannot be in this unit", found=dose.amount_unit, allowed="a mass, IU or moles")


def _check_covariates(covariates: Mapping[str, Mapping[str, float | str]]) -> None:
    columns: dict[str, list[float | str]] = {}
    for facts in covariates.values():
        for name, value in facts.items():
            columns.setdefault(name, []).append(value)
    for name, values in columns.items():
        word, unit = bare(name)
        special = word in _NUMERIC or word == "SEX"
        canonical = word if special else word + (f"[{unit}]" if unit else "")
        if not is_name(name) or name != canonical or not word or word in COLUMNS:
            _refuse("no covariate can have this name", found=repr(name), allowed="a word in capitals such as AGE[year]")
        texts = [value for value in values if isinstance(value, str)]
        if (texts and len(texts) < len(values)) or (texts and all(map(is_number, texts))):
            _refuse("the values of a covariate are all numbers, or texts", found=f"{name}: {values[:4]}")
        for value in values:
            sound = is_name(value) if isinstance(value, str) else isfinite(value)
            if word in _NUMERIC:
                sound = sound and not isinstance(value, str) and (value > 0 if word == "WT" else value >= 0)
            if not sound or (word == "SEX" and value not in SEXES):
                allowed = ", ".join(SEXES) if word == "SEX" else _NUMERIC.get(word, "a finite number or a plain text")
                _refuse("no such value of a covariate", found=f"{name}: {value!r}", allowed=allowed)
