"""Young or a pump at the breast, cues and drugs: their own keys, and what cannot go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from knuffel.errors import UnitError
from knuffel.evidence import load
from knuffel.evidence.load import StimulusProfile
from knuffel.scenario.fidelity import makes_bursts
from knuffel.scenario.model import RoomSpec, StimulusSpec, SubjectSpec
from knuffel.scenario.quantities import quantity_of
from knuffel.scenario.schema_events import Stimulus
from knuffel.scenario.times import time_text
from knuffel.scenario.tree import Path, Problems

__all__ = ["DOSE_LIMITS", "NURSING", "check_nursing", "notice_short", "nursing_values"]

NURSING: dict[str, tuple[str, ...]] = {
    "suckling": ("pups", "side"),
    "feed": ("side", "appetite", "cue"),
    "pump": ("side", "vacuum"),
    "cue": (),
}
"""The keys of each profile of nursing, beside its times."""

_KEYS = ("side", "pups", "appetite", "cue", "vacuum")
_LATCHED = ("suckling", "feed", "pump")
_SIDES = {"both": ("left", "right"), "left": ("left",), "right": ("right",)}
_DAY, _MOST_FEEDS = 86_400_000, 48
_LONG_FEED = 90 * 60_000
_TWO_INTERVALS = 2 * 210_000
"""Two of the intervals between bursts that a full litter gives (about 210 s), in ms."""
DOSE_LIMITS = {"alcohol": ("g/kg", 4.0), "morphine_iv": ("mg", 1000.0)}
"""Unit and largest value of the dose of a drug."""
_LARGEST_APPETITE = 1000.0


def nursing_values(
    item: Stimulus,
    path: Path,
    profile: StimulusProfile | None,
    start: int,
    subject: SubjectSpec | None,
    problems: Problems,
) -> dict[str, float]:
    """Return the values of the keys of nursing, and the dose of a drug; those that do not belong are refused."""
    kind = str(item.kind)
    form = "" if profile is None else profile.profile
    allowed = NURSING.get(form, ())
    for key in _KEYS:
        if getattr(item, key) is not None and key not in allowed:
            instead = ", ".join(allowed) or "leave it out"
            problems.add((*path, key), f"this key does nothing for {kind}", allowed=instead, at_key=True)
    values = _dose(item, path, profile, problems)
    if profile is None or form not in _LATCHED:
        return values
    sides = _SIDES[item.side or "both"]
    values |= {side: float(side in sides) for side in ("left", "right")}
    if form == "suckling":
        values |= _pups(item, path, subject, problems)
    elif form == "pump":
        values["suction"] = profile.strengths[item.vacuum or "full"]
    if form == "feed" and item.appetite is not None:
        values["appetite"] = item.appetite.value
        if not 0 < item.appetite.value <= _LARGEST_APPETITE:
            limits = f"above 0, at most {_LARGEST_APPETITE:g} mL; no limit when left out"
            problems.add((*path, "appetite"), "not a possible appetite", allowed=limits)
    if form == "feed" and item.cue:
        values["cue"] = 1.0
        if start < profile.cue_lead_s * 1000:
            lead = time_text(round(profile.cue_lead_s * 1000))
            text = "the cue would come before the start of the scenario"
            problems.add((*path, "cue"), text, allowed=f"a feed that starts at {lead} or later", at_key=True)
    return values


def _pups(item: Stimulus, path: Path, subject: SubjectSpec | None, problems: Problems) -> dict[str, float]:
    litter = (None if subject is None else subject.litter) or 1
    pups = litter if item.pups is None else item.pups
    if subject is not None and not 1 <= pups <= litter:
        problems.add((*path, "pups"), "not a possible number of pups of this litter", allowed=f"1 to {litter}")
    return {"pups": float(pups), "litter": float(litter)}


def _dose(item: Stimulus, path: Path, profile: StimulusProfile | None, problems: Problems) -> dict[str, float]:
    where: Path = (*path, "dose")
    kind = str(item.kind)
    if profile is None or profile.reference_dose is None:
        if item.dose is not None:
            problems.add(where, f"this key does nothing for {kind}", allowed="leave it out", at_key=True)
        return {}
    unit, most = DOSE_LIMITS[kind]
    if item.dose is None:
        if not problems.spoiled(*where):
            problems.add(where, f"{kind} needs this key", allowed=f"an amount in {unit}", show_found=False)
        return {}
    try:
        dose = quantity_of(item.dose, unit, allowed=f"an amount in {unit}")
    except UnitError as error:
        problems.add(where, error.message, found=error.found, allowed=error.allowed)
        return {}
    if not 0 <= dose <= most:
        problems.add(where, "the dose is out of range", allowed=f"0 to {most:g} {unit}")
    return {"dose": dose}


def check_nursing(found: Sequence[StimulusSpec], paths: Mapping[str, Path], problems: Problems) -> None:
    """Report young or pumps that meet at one side, too many feeds, and feeds of an unusual length.

    ``paths`` tells where each stimulus stands in the file, by its ``where``.
    """
    known = load.stimuli()
    feeds = sorted(
        (item for item in found if item.kind in known and known[item.kind].profile in _LATCHED),
        key=lambda item: item.start,
    )
    reported: set[str] = set()
    for side in ("left", "right"):
        last: StimulusSpec | None = None
        for item in feeds:
            if not item.values.get(side):
                continue
            meets = last is not None and item.start < last.start + last.duration
            # One that repeats too fast is refused where it says so.
            if last is not None and meets and item.where not in (last.where, *reported):
                reported.add(item.where)
                _overlap(item, last, side, paths, problems)
            if last is None or item.start + item.duration >= last.start + last.duration:
                last = item
    for place, item in enumerate(feeds[_MOST_FEEDS:]):
        if item.start - feeds[place].start < _DAY and "many" not in reported:
            reported.add("many")
            text = f"more than {_MOST_FEEDS} feeds begin within a day"
            problems.add(paths[item.where], text, allowed=f"at most {_MOST_FEEDS}", show_found=False)
    for where in dict.fromkeys(item.where for item in feeds):
        longest = max(item.duration for item in feeds if item.where == where)
        if longest > _LONG_FEED:
            text = f"{time_text(longest)} is a long feed (more than {time_text(_LONG_FEED)})"
            problems.notice("long_feed", (*paths[where], "duration"), text)


def notice_short(stimuli: Sequence[StimulusSpec], rooms: Mapping[str, RoomSpec], problems: Problems) -> None:
    """Say so when no suckling lasts as long as two intervals between the bursts of a network."""
    if not makes_bursts(rooms):
        return
    known = load.stimuli()
    spans = [item.duration for item in stimuli if item.kind in known and known[item.kind].profile in _LATCHED]
    if spans and max(spans) < _TWO_INTERVALS:
        text = f"bursts come about every {time_text(_TWO_INTERVALS // 2)}: suckling for less than two intervals "
        problems.notice("short_suckling", ("stimuli",), text + "says little about them")


def _overlap(item: StimulusSpec, last: StimulusSpec, side: str, paths: Mapping[str, Path], problems: Problems) -> None:
    begins, ends = time_text(item.start), time_text(last.start + last.duration)
    text = f"at {begins} this {item.kind} meets the {last.kind} of {last.where} on the {side} side"
    problems.add(paths[item.where], text, allowed=f"a start at {ends} or later, or the other side", show_found=False)
