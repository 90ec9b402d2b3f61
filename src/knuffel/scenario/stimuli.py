"""What happens: events from the evidence, and protocols of the synaptic input."""

from __future__ import annotations

from dataclasses import replace

from knuffel.body.stimuli import PROFILE_KEYS, PROTOCOLS
from knuffel.evidence import load
from knuffel.evidence.load import StimulusProfile
from knuffel.scenario.model import StimulusSpec, SubjectSpec
from knuffel.scenario.nursing import NURSING, check_nursing, nursing_values
from knuffel.scenario.schema_events import Stimulus
from knuffel.scenario.signals import MOST_EVENTS
from knuffel.scenario.times import Times, time_text
from knuffel.scenario.tree import Path, Problems

__all__ = ["read_stimuli"]

_STRONGEST = 1.5
_KEYS = ("gain", "slope", "from", "after", "time_constant", "rate", "rise")
_GAIN_LIMITS = ("a multiple of the resting input", 0.0, 100.0, "")
_LIMITS = {
    "slope": ("the slope", -1000.0, 1000.0, " Hz/s"),
    "rate": ("the rate", 0.01, 500.0, " Hz"),
    "rise": ("the rise of osmolality", 0.0, 100.0, " mOsm/kg"),
}
_MOST_REPEATS = 10_000
_OWN_TIME = ("injection", "level", "drug")
_NO_TIME = ("bolus", "cue")


def read_stimuli(
    items: list[Stimulus | None] | None, subject: SubjectSpec | None, times: Times, problems: Problems
) -> tuple[StimulusSpec, ...]:
    """Return the stimuli that are sound, in the order of the file."""
    found: list[StimulusSpec] = []
    paths: dict[str, Path] = {}
    for place, item in enumerate(items or []):
        if item is not None and item.kind is not None:
            path: Path = ("stimuli", place)
            spec = _stimulus(item, path, subject, times, problems)
            if spec is not None:
                paths[spec.where] = path
                found += _repeated(spec, item, path, times, problems)
    if len(found) > _MOST_REPEATS:
        problems.add(("stimuli",), "too many stimuli", found=str(len(found)), allowed=f"at most {_MOST_REPEATS}")
    else:
        check_nursing(found, paths, problems)
    return tuple(found)


def _repeated(spec: StimulusSpec, item: Stimulus, path: Path, times: Times, problems: Problems) -> list[StimulusSpec]:
    """Return a stimulus and its repetitions."""
    if item.repeat is None:
        return [spec]
    where: Path = (*path, "repeat")
    every = times.span(item.repeat.every, (*where, "every"))
    count = item.repeat.count
    if count is not None and not 1 <= count <= _MOST_REPEATS:
        problems.add((*where, "count"), "not a possible number of times", allowed=f"1 to {_MOST_REPEATS}")
        return [spec]
    if every is None or times.duration is None:
        return [spec]
    if spec.kind in PROTOCOLS and (spec.duration == 0 or spec.values.get("after", 1) != 1):
        message = "only a protocol that ends, and leaves the input as it was, can be repeated"
        problems.add(where, message, allowed="a duration, and no `after`", at_key=True)
    elif every < spec.duration:
        allowed = f"at least {time_text(spec.duration)}, its duration"
        problems.add((*where, "every"), "it would begin again before it has ended", allowed=allowed)
    fitting = max(0, times.duration - 1 - spec.start) // every + 1
    if count is not None and count > fitting:
        message = "the last of them lies after the end of the scenario"
        problems.add((*where, "count"), message, allowed=f"at most {fitting}")
    wanted = min(fitting if count is None else count, _MOST_REPEATS + 1)
    return [replace(spec, start=spec.start + place * every) for place in range(wanted)]


def _stimulus(
    item: Stimulus, path: Path, subject: SubjectSpec | None, times: Times, problems: Problems
) -> StimulusSpec | None:
    kind = str(item.kind)
    if kind not in PROTOCOLS and not _known_event(kind, path, subject, problems):
        return None
    protocol = kind in PROTOCOLS
    start = times.moment(item.start, (*path, "start"), inside=True)
    if start is None:
        if not protocol and item.start is None and not problems.spoiled(*path, "start"):
            problems.add(
                (*path, "start"), "this key is missing", allowed="for instance start: 10 min", show_found=False
            )
        start = 0
    duration = times.span(item.duration, (*path, "duration")) or 0
    profile = None if protocol else load.stimuli()[kind]
    if item.duration is None and not problems.spoiled(*path, "duration"):
        if profile is not None and profile.profile in _OWN_TIME and profile.reference_duration_s:
            duration = round(profile.reference_duration_s * 1000)
        elif kind == "ramp" or (profile is not None and profile.profile not in _NO_TIME):
            problems.add(
                (*path, "duration"), "this key is missing", allowed="for instance duration: 1 min", show_found=False
            )
    elif item.duration is not None and profile is not None and not _lasts(profile):
        problems.add((*path, "duration"), f"this key does nothing for {kind}", allowed="leave it out", at_key=True)
    values = _values(item, path, kind, times, problems)
    values |= nursing_values(item, path, profile, start, subject, problems)
    if values.get("rate", 0) * duration / 1000 > MOST_EVENTS:
        problems.add(path, "the train has too many stimuli", allowed=f"at most {MOST_EVENTS}", show_found=False)
    return StimulusSpec(
        kind=kind,
        start=start,
        duration=duration,
        intensity=_intensity(item, path, kind, problems),
        partner=_partner(item, path, kind, problems),
        values=values,
        where=problems.where(path),
    )


def _known_event(kind: str, path: Path, subject: SubjectSpec | None, problems: Problems) -> bool:
    known = load.stimuli()
    species = None if subject is None else subject.species
    possible = [name for name, item in known.items() if species is None or item.species in (species, "any", None)]
    allowed = [*possible, *PROTOCOLS]
    if kind not in known:
        problems.add((*path, "kind"), "there is no such stimulus", allowed=allowed, near=kind)
        return False
    if kind not in possible:
        who = "people" if species == "human" else "rats"
        other = "rats" if species == "human" else "people"
        problems.add((*path, "kind"), f"this stimulus is known in {other} only, not in {who}", allowed=allowed)
        return False
    state = known[kind].state
    if state and subject is not None and subject.state != state:
        text = f"{kind} needs a subject that is {state}; this one is {subject.state}"
        problems.add((*path, "kind"), text, allowed=f"subject.state: {state}")
        return False
    return True


def _lasts(profile: StimulusProfile) -> bool:
    """Whether a scenario may say how long it lasts."""
    return profile.profile != "cue" and profile.reference_dose is None


def _intensity(item: Stimulus, path: Path, kind: str, problems: Problems) -> float:
    if item.intensity is None:
        return 1.0
    profile = None if kind in PROTOCOLS else load.stimuli()[kind]
    if profile is not None and (own := _instead(profile)) is not None:
        text = f"this key does nothing for {kind}"
        problems.add((*path, "intensity"), text, allowed=", ".join(own) or "leave it out", at_key=True)
    if not 0 <= item.intensity.value <= _STRONGEST:
        problems.add((*path, "intensity"), "the intensity is out of range", allowed=f"0 to {_STRONGEST:g}")
    return item.intensity.value


def _instead(profile: StimulusProfile) -> tuple[str, ...] | None:
    """Return what says how strong an event is, when that is not its intensity; None when it is."""
    if profile.profile in NURSING:
        return NURSING[profile.profile]
    if profile.reference_dose is not None:
        return ("dose",)
    return PROFILE_KEYS.get(profile.profile, ((), ()))[0] or None


def _partner(item: Stimulus, path: Path, kind: str, problems: Problems) -> str:
    if item.partner is not None and (kind in PROTOCOLS or not load.stimuli()[kind].social_touch):
        problems.notice("partner_unused", (*path, "partner"), f"how welcome it is changes nothing for {kind}")
    return str(item.partner or "wanted")


def _keys(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the values that a stimulus needs, and those that it can have."""
    if kind in PROTOCOLS:
        return PROTOCOLS[kind]
    profile = load.stimuli()[kind].profile
    return ((), ()) if profile in NURSING else PROFILE_KEYS.get(profile, ((), ()))


def _values(item: Stimulus, path: Path, kind: str, times: Times, problems: Problems) -> dict[str, float]:
    needed, possible = _keys(kind)
    if "slope" in possible and (item.slope is not None or problems.spoiled(*path, "slope")):
        if item.gain is not None:
            problems.add((*path, "slope"), "give either gain or slope", at_key=True)
        needed = tuple(key for key in needed if key != "gain")
        possible = (*possible, "gain")
    values: dict[str, float] = {}
    for key in _KEYS:
        given = getattr(item, type(item).attribute(key))
        where: Path = (*path, key)
        if given is None:
            if key in needed and not problems.spoiled(*where):
                problems.add(where, f"{kind} needs this key", show_found=False)
        elif key not in (*needed, *possible):
            words = ", ".join((*needed, *possible)) or "kind, start, duration, intensity, partner"
            problems.add(where, f"this key does nothing for {kind}", allowed=words, at_key=True)
        elif key == "time_constant":
            span = times.span(given, where)
            values[key] = 0.0 if span is None else span / 1000
        else:
            message, low, high, unit = _LIMITS.get(key, _GAIN_LIMITS)
            if not low <= given.value <= high:
                problems.add(where, f"{message} is out of range", allowed=f"{low:g} to {high:g}{unit}")
            values[key] = given.value
    return values
