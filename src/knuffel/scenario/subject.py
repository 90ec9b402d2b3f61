"""Who: species, sex, state, pregnancy, weight, and the parameter sets that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from knuffel.evidence import load
from knuffel.evidence.load import ParameterSet
from knuffel.scenario.model import DoseSpec, SubjectSpec
from knuffel.scenario.schema import Subject
from knuffel.scenario.tree import Path, Problems

__all__ = [
    "POSSIBLE_WEIGHT",
    "USUAL_WEIGHT",
    "notice_identical",
    "longest_since_birth",
    "of_sex",
    "read_subject",
    "weeks_of",
]

_KINETICS = {
    ("human", "male", "resting"): "human_men",
    ("human", "female", "resting"): "human_women_np",
    ("human", "female", "postmenopausal"): "human_postmenopausal",
    ("human", "female", "pregnant"): "pregnancy_A",
    ("human", "female", "term"): "term_A",
    ("human", "female", "postpartum"): "pregnancy_A",
    ("human", "female", "lactating"): "human_women_np",
    ("rat", "female", "lactating"): "rat_250g",
    ("rat", "male", "resting"): "rat_250g",
    ("rat", "female", "resting"): "rat_250g",
}
_DEFAULT_LABOUR = "induction_ripe"
_DEFAULT_WEEK = {"pregnant": 20.0, "term": 39.0, "postpartum": 40.0}
_WEEKS = {"pregnant": (4.0, 42.0), "term": (37.0, 42.0), "postpartum": (4.0, 42.0)}
_LIMITS_OF_WEEKS = (0.0, 42.0)
_DEFAULT_WEIGHT = {"human": 70.0, "rat": 0.25}
_CARRYING, _CARRYING_WEIGHT = ("pregnant", "term", "postpartum"), 75.0
USUAL_WEIGHT = {"human": (35.0, 160.0), "rat": (0.15, 0.6)}
"""What most bodies weigh (kg): outside there is a notice."""

POSSIBLE_WEIGHT = {"human": (0.3, 650.0), "rat": (0.005, 2.0)}
"""What a body can weigh (kg): outside there is an error."""

_DEFAULT_DAYS = {"lactating": 30.0, "postpartum": 0.0}
_LONGEST_LACTATION = {"human": 1095.0, "rat": 40.0}
_LONGEST_POSTPARTUM = 60.0
_CLEARANCE_SETTLED = 10.0
"""Days after the birth by which the clearance of a woman is within a fifth of that of a non-pregnant one (assumed)."""
_DEFAULT_LITTER, _MOST_PUPS = 10, 20
_MOST_SUBJECTS = 100_000
_REFUSED_SETS = {
    name: "this published set has no exchange flow and no second volume, so it cannot run; it is data for figures"
    for name in ("rat_low_dose_iv", "rat_high_dose_iv")
}
_LACTATING = "state: lactating; or leave it out"
_AFTER_BIRTH = "state: lactating or postpartum; or leave it out"
_WORDS = {"female": "woman", "male": "man"}


def read_subject(section: Subject | None, problems: Problems, share: float | None = None) -> SubjectSpec | None:
    """Return the subject, or None when it is not clear who it is. ``share`` of women replaces the sex."""
    if section is None or section.species is None or section.sex is None or problems.spoiled("subject", "state"):
        return None
    species, sex, state = section.species, _sex(section.sex, share), section.state or "resting"
    if not _possible(species, sex, state, problems):
        return None
    profile = section.basal_profile or ("thornton" if state in _WEEKS else "equal")
    _check_profile(profile, species, state, problems)
    spec = SubjectSpec(
        species=species,
        sex=sex,
        state=state,
        gestational_week=_week(section, state, problems),
        weight=_weight(section, species, problems),
        count=_count(section, problems),
        kinetics=_kinetics(section, (species, sex, state), problems),
        labour_preset=_labour(section, (species, sex, state), problems),
        basal_profile=profile,
        days_postpartum=_days(section, species, state, problems),
        litter=_litter(section, species, state, problems),
        lactation=_lactation(section, (species, sex, state), problems),
    )
    _notice_clearance(spec, problems)
    return spec


def of_sex(subject: SubjectSpec, sex: str) -> SubjectSpec:
    """Return the subject as one of the sexes of a cohort; the subject itself when all have one sex."""
    if subject.sex != "mixed":
        return subject
    return replace(subject, sex=sex, kinetics=_KINETICS[subject.species, sex, subject.state])


def _sex(written: str, share: float | None) -> str:
    if share is None:
        return written
    return "female" if share >= 1 else "male" if share <= 0 else "mixed"


def _kinetics(section: Subject, who: tuple[str, str, str], problems: Problems) -> str:
    species, sex, state = who
    if sex != "mixed":
        return _set(section.kinetics, "kinetics", who, problems) or _KINETICS[who]
    if section.kinetics is not None:
        message = "women and men have each their own set"
        problems.add(("subject", "kinetics"), message, allowed="leave it out; or a cohort of one sex")
    return " and ".join(dict.fromkeys(_KINETICS[species, one, state] for one in ("female", "male")))


def _possible(species: str, sex: str, state: str, problems: Problems) -> bool:
    path: Path = ("subject", "state")
    if state == "resting":
        return True
    if species == "rat" and state != "lactating":
        problems.add(path, f"a rat cannot be {state} in this version", allowed="resting; a female also lactating")
    elif sex == "mixed":
        path = ("population", "covariates", "sex")
        problems.add(path, f"only females can be {state}", allowed="female: 100 %; or subject.state: resting")
    elif sex == "male":
        who = "a man" if species == "human" else "a male rat"
        problems.add(path, f"{who} cannot be {state}", allowed="resting; or sex: female")
    else:
        return True
    return False


def _week(section: Subject, state: str, problems: Problems) -> float | None:
    """Return the week of pregnancy, at the birth when there was one; None when the state has none."""
    path: Path = ("subject", "gestational_week")
    week = section.gestational_week
    if state not in _WEEKS:
        if week is not None:
            who = "a rat" if section.species == "rat" else "a man" if section.sex == "male" else f"a {state} subject"
            woman = (section.species, section.sex) == ("human", "female")
            advice = "leave it out" + ("; or state: pregnant, term or postpartum" if woman else "")
            problems.add(path, f"{who} has no gestational week", allowed=advice)
        return None
    if week is None:
        return _DEFAULT_WEEK[state]
    low, high = weeks_of(state)
    if low <= week.value <= high:
        return week.value
    allowed = f"{low:g} to {high:g} weeks"
    if not _LIMITS_OF_WEEKS[0] <= week.value <= _LIMITS_OF_WEEKS[1]:
        problems.add(path, "not a possible week of pregnancy", allowed=allowed)
    elif state == "term":
        problems.add(path, "this is not term", allowed=f"{allowed}; or state: pregnant")
    else:
        problems.add(path, "too early to tell from a non-pregnant woman", allowed=f"{allowed}; or state: resting")
    return week.value


def weeks_of(state: str) -> tuple[float, float]:
    """Return the first and the last week of pregnancy that a state can have."""
    return _WEEKS[state]


def longest_since_birth(species: str, state: str) -> float:
    """Return how many days since the birth there can be at most."""
    return _LONGEST_POSTPARTUM if state == "postpartum" else _LONGEST_LACTATION[species]


def _days(section: Subject, species: str, state: str, problems: Problems) -> float | None:
    path: Path = ("subject", "days_postpartum")
    days = section.days_postpartum
    if state not in _DEFAULT_DAYS:
        if days is not None:
            problems.add(path, "only a lactating subject or one after a birth has days since it", allowed=_AFTER_BIRTH)
        return None
    longest = longest_since_birth(species, state)
    if days is None:
        return min(_DEFAULT_DAYS[state], longest)
    if not 0 <= days.value <= longest:
        hint = "; or state: resting" if state == "postpartum" else ""
        problems.add(path, "not a possible number of days", allowed=f"0 to {longest:g} days{hint}")
    return days.value


def _litter(section: Subject, species: str, state: str, problems: Problems) -> int | None:
    path: Path = ("subject", "litter")
    litter = section.litter
    if (species, state) != ("rat", "lactating"):
        if litter is not None:
            message = "a litter belongs to a lactating rat" if species == "rat" else "people have no litter"
            problems.add(path, message, allowed=_LACTATING if species == "rat" else "leave it out")
        return None
    if litter is None:
        return _DEFAULT_LITTER
    if not 1 <= litter <= _MOST_PUPS:
        problems.add(path, "not a possible number of pups", allowed=f"1 to {_MOST_PUPS}")
        return _DEFAULT_LITTER
    return litter


def _lactation(section: Subject, who: tuple[str, str, str], problems: Problems) -> str | None:
    if section.lactation is not None and who[2] != "lactating":
        path: Path = ("subject", "lactation")
        problems.add(path, "only a lactating subject can have such a set", allowed=_LACTATING)
        return None
    return _set(section.lactation, "lactation", who, problems)


def _notice_clearance(subject: SubjectSpec, problems: Problems) -> None:
    """Say so when the kinetics are those of women long after a birth."""
    early = subject.days_postpartum is not None and subject.days_postpartum < _CLEARANCE_SETTLED
    if early and subject.kinetics == "human_women_np":
        text = "clearance is that of non-pregnant women; in the first days after a birth it is still higher, so that "
        text += "levels in blood would be lower"
        problems.notice("clearance_postpartum", ("subject", "days_postpartum"), text)


def _weight(section: Subject, species: str, problems: Problems) -> float:
    path: Path = ("subject", "weight")
    default = _CARRYING_WEIGHT if section.state in _CARRYING else _DEFAULT_WEIGHT[species]
    if section.weight is None:
        return default
    weight, (low, high) = section.weight.value, USUAL_WEIGHT[species]
    least, most = POSSIBLE_WEIGHT[species]
    if not least <= weight <= most:
        problems.add(path, f"this is no body weight of a {species}", allowed=f"{least:g} to {most:g} kg")
    elif not low <= weight <= high:
        usual = f"{low:g} to {high:g} kg"
        problems.notice("unusual_weight", path, f"a weight of {weight:g} kg is unusual for a {species} ({usual})")
    return weight


def _count(section: Subject, problems: Problems) -> int:
    count = 1 if section.count is None else section.count
    if section.count is not None and problems.written("population"):
        message = "the population says how many subjects there are"
        problems.add(("subject", "count"), message, allowed="population.n alone", at_key=True)
        return 1
    if not 1 <= count <= _MOST_SUBJECTS:
        problems.add(("subject", "count"), "not a possible number of subjects", allowed=f"1 to {_MOST_SUBJECTS}")
        return 1
    return count


def notice_identical(subject: SubjectSpec | None, doses: Sequence[DoseSpec], alike: bool, problems: Problems) -> None:
    """Say so when several subjects are the same: nothing draws or lists them, and all get the same doses.

    ``alike`` says that a population draws nothing.
    """
    described = problems.written("dose_table") or (problems.written("population") and not alike)
    if subject is None or subject.count < 2 or described or any(dose.subject is not None for dose in doses):
        return
    text = "they differ only by the chance in spikes and assays; a population draws people who differ"
    problems.notice("identical_subjects", ("subject", "count"), text)


def _check_profile(profile: str, species: str, state: str, problems: Problems) -> None:
    path: Path = ("subject", "basal_profile")
    if species == "rat":
        if profile != "equal":
            problems.add(path, "the resting level of a rat follows from its gland", allowed="leave it out")
        return
    allowed = ("thornton", "review") if state in _WEEKS else ("equal", "sex_difference")
    if profile not in allowed:
        problems.add(path, f"this profile is not for a {state} subject", allowed=allowed)


def _labour(section: Subject, who: tuple[str, str, str], problems: Problems) -> str | None:
    if section.labour is not None and who[:2] != ("human", "female"):
        problems.add(("subject", "labour"), "only a woman can have a uterus preset", allowed="leave it out")
        return None
    if section.labour is None:
        return _DEFAULT_LABOUR if who[2] == "term" else None
    return _set(section.labour, "labour", who, problems)


def _set(name: str | None, kind: str, who: tuple[str, str, str], problems: Problems) -> str | None:
    """Check that a named set is of this kind and fits the subject; return its name."""
    path: Path = ("subject", kind)
    if name is None:
        return None
    if name in _REFUSED_SETS:
        problems.add(path, _REFUSED_SETS[name], allowed=_fitting(kind, who))
        return None
    known = load.sets()
    if name not in known:
        problems.add(path, "there is no such parameter set", allowed=_fitting(kind, who), near=name)
        return None
    if known[name].kind != kind:
        problems.add(path, f"this is a set of kind {known[name].kind}, not {kind}", allowed=_fitting(kind, who))
        return None
    if name not in _fitting(kind, who):
        problems.add(path, f"this set is for {_set_of(name)}, not for {_subject_of(who)}", allowed=_fitting(kind, who))
        return None
    return name


def _fitting(kind: str, who: tuple[str, str, str]) -> list[str]:
    """Return the names of the sets of a kind that fit the subject."""
    return [
        name
        for name, item in load.sets().items()
        if item.kind == kind and (name == _KINETICS.get(who) or _fits(item, who))
    ]


def _fits(item: ParameterSet, who: tuple[str, str, str]) -> bool:
    pairs = zip((item.species, item.sex, item.state), who, strict=True)
    return all(wanted in (None, "", "any", own) for wanted, own in pairs)


def _set_of(name: str) -> str:
    item = load.sets()[name]
    return ", ".join(str(word) for word in (item.species, item.sex, item.state) if word not in (None, "", "any"))


def _subject_of(who: tuple[str, str, str]) -> str:
    species, sex, state = who
    return f"a {state} {_WORDS[sex]}" if species == "human" else f"a {sex} rat"
