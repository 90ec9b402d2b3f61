"""Who: species, sex, state, pregnancy, weight, and the parameter sets that follow from them."""

from __future__ import annotations

from knuffel.evidence import load
from knuffel.scenario.model import SubjectSpec
from knuffel.scenario.schema import Subject
from knuffel.scenario.tree import Path, Problems

__all__ = ["read_subject"]

_KINETICS = {
    ("human", "male", "resting"): "human_men",
    ("human", "female", "resting"): "human_women_np",
    ("human", "female", "postmenopausal"): "human_postmenopausal",
    ("human", "female", "term"): "term_A",
    ("rat", "male", "resting"): "rat_250g",
    ("rat", "female", "resting"): "rat_250g",
}
_DEFAULT_LABOUR = "induction_ripe"
_DEFAULT_WEEK = 39.0
_TERM = (37.0, 42.0)
_DEFAULT_WEIGHT = {"human": 70.0, "rat": 0.25}
_TERM_WEIGHT = 75.0
_USUAL_WEIGHT = {"human": (35.0, 160.0), "rat": (0.15, 0.6)}
_MOST_SUBJECTS = 100_000
_REFUSED_SETS = {
    name: "this published set has no exchange flow and no second volume, so it cannot run; it is data for figures"
    for name in ("rat_low_dose_iv", "rat_high_dose_iv")
}
_WORDS = {"female": "woman", "male": "man"}


def read_subject(section: Subject | None, problems: Problems) -> SubjectSpec | None:
    """Return the subject, or None when it is not clear who it is."""
    if section is None or section.species is None or section.sex is None or problems.spoiled("subject", "state"):
        return None
    species, sex, state = section.species, section.sex, section.state or "resting"
    if not _possible(species, sex, state, problems):
        return None
    profile = section.basal_profile or ("thornton" if state == "term" else "equal")
    _check_profile(profile, species, state, problems)
    return SubjectSpec(
        species=species,
        sex=sex,
        state=state,
        gestational_week=_week(section, state, problems),
        weight=_weight(section, species, problems),
        count=_count(section, problems),
        kinetics=_set(section.kinetics, "kinetics", (species, sex, state), problems) or _KINETICS[species, sex, state],
        labour_preset=_labour(section, (species, sex, state), problems),
        basal_profile=profile,
    )


def _possible(species: str, sex: str, state: str, problems: Problems) -> bool:
    path: Path = ("subject", "state")
    if state == "resting":
        return True
    if species == "rat":
        problems.add(path, f"a rat cannot be {state} in this version", allowed="resting")
    elif sex == "male":
        problems.add(path, f"a man cannot be {state}", allowed="resting; or sex: female")
    else:
        return True
    return False


def _week(section: Subject, state: str, problems: Problems) -> float | None:
    path: Path = ("subject", "gestational_week")
    week = section.gestational_week
    if state != "term":
        if week is not None:
            who = "a rat" if section.species == "rat" else "a man" if section.sex == "male" else f"a {state} subject"
            advice = "leave it out" + (
                "; or state: term" if (section.species, section.sex) == ("human", "female") else ""
            )
            problems.add(path, f"{who} has no gestational week", allowed=advice)
        return None
    if week is None:
        return _DEFAULT_WEEK
    if not _TERM[0] <= week.value <= _TERM[1]:
        problems.add(path, "this is not term", allowed="37 to 42 weeks")
    return week.value


def _weight(section: Subject, species: str, problems: Problems) -> float:
    path: Path = ("subject", "weight")
    default = _TERM_WEIGHT if section.state == "term" else _DEFAULT_WEIGHT[species]
    if section.weight is None:
        return default
    weight, (low, high) = section.weight.value, _USUAL_WEIGHT[species]
    if abs(weight - default) > 0.05 * default:
        text = "this version does not scale kinetics with weight: those of the parameter set are used"
        problems.notice("weight_unused", path, text)
    if weight <= 0:
        problems.add(path, "the weight has to be above zero")
    elif not low <= weight <= high:
        usual = f"{low:g} to {high:g} kg"
        problems.notice("unusual_weight", path, f"a weight of {weight:g} kg is unusual for a {species} ({usual})")
    return weight


def _count(section: Subject, problems: Problems) -> int:
    count = 1 if section.count is None else section.count
    if not 1 <= count <= _MOST_SUBJECTS:
        problems.add(("subject", "count"), "not a possible number of subjects", allowed=f"1 to {_MOST_SUBJECTS}")
        return 1
    if count > 1:
        text = "the spread between people is not sampled: they differ only by the chance in spikes and assays"
        problems.notice("identical_subjects", ("subject", "count"), text)
    return count


def _check_profile(profile: str, species: str, state: str, problems: Problems) -> None:
    path: Path = ("subject", "basal_profile")
    if species == "rat":
        if profile != "equal":
            problems.add(path, "the resting level of a rat follows from its gland", allowed="leave it out")
        return
    allowed = ("thornton", "review") if state == "term" else ("equal", "sex_difference")
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
        if item.kind == kind
        and all(
            wanted in (None, "", "any", own)
            for wanted, own in zip((item.species, item.sex, item.state), who, strict=True)
        )
    ]


def _set_of(name: str) -> str:
    item = load.sets()[name]
    return ", ".join(str(word) for word in (item.species, item.sex, item.state) if word not in (None, "", "any"))


def _subject_of(who: tuple[str, str, str]) -> str:
    species, sex, state = who
    return f"a {state} {_WORDS[sex]}" if species == "human" else f"a {sex} rat"
