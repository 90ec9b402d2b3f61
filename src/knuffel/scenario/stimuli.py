"""What happens: events from the evidence, and protocols of the synaptic input."""

from __future__ import annotations

from knuffel.body.stimuli import PROFILE_KEYS, PROTOCOLS
from knuffel.evidence import load
from knuffel.scenario.model import StimulusSpec, SubjectSpec
from knuffel.scenario.schema_events import Stimulus
from knuffel.scenario.signals import MOST_EVENTS
from knuffel.scenario.times import Times
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


def read_stimuli(
    items: list[Stimulus | None] | None, subject: SubjectSpec | None, times: Times, problems: Problems
) -> tuple[StimulusSpec, ...]:
    """Return the stimuli that are sound, in the order of the file."""
    found = []
    for place, item in enumerate(items or []):
        if item is not None and item.kind is not None:
            spec = _stimulus(item, ("stimuli", place), subject, times, problems)
            found += [] if spec is None else [spec]
    return tuple(found)


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
    if item.duration is None and not problems.spoiled(*path, "duration"):
        profile = None if protocol else load.stimuli()[kind]
        if profile is not None and profile.profile == "injection":
            duration = round((profile.reference_duration_s or 0) * 1000)
        elif kind == "ramp" or (profile is not None and profile.profile != "bolus"):
            problems.add(
                (*path, "duration"), "this key is missing", allowed="for instance duration: 1 min", show_found=False
            )
    values = _values(item, path, kind, times, problems)
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
    return True


def _intensity(item: Stimulus, path: Path, kind: str, problems: Problems) -> float:
    if item.intensity is None:
        return 1.0
    if own := _keys(kind)[0] if kind not in PROTOCOLS else ():
        text = f"this key does nothing for {kind}"
        problems.add((*path, "intensity"), text, allowed=", ".join(own), at_key=True)
    if not 0 <= item.intensity.value <= _STRONGEST:
        problems.add((*path, "intensity"), "the intensity is out of range", allowed=f"0 to {_STRONGEST:g}")
    return item.intensity.value


def _partner(item: Stimulus, path: Path, kind: str, problems: Problems) -> str:
    if item.partner is not None and (kind in PROTOCOLS or not load.stimuli()[kind].social_touch):
        problems.notice("partner_unused", (*path, "partner"), f"how welcome it is changes nothing for {kind}")
    return str(item.partner or "wanted")


def _keys(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the values that a stimulus needs, and those that it can have."""
    if kind in PROTOCOLS:
        return PROTOCOLS[kind]
    return PROFILE_KEYS.get(load.stimuli()[kind].profile, ()), ()


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
