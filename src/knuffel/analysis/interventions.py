"""What was done to the subject: stimuli, doses and prescribed rooms of a finished run as lists of intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Intervention", "dose_text", "induction", "interventions", "prescriptions"]

_MOST_OWN = 12
"""Doses of single subjects that are listed one by one."""


@dataclass(frozen=True)
class Intervention:
    """Something that was done: ``kind`` is stimulus, dose or prescribed; times in ms after the start.

    ``label`` is the kind of the stimulus, the dose as typed, or the prescribed port; ``grade`` the evidence grade of a
    stimulus ("" for others); ``drug`` what is given; ``steps`` the infusion rates as (start ms, end ms, pg/s), of water
    in mL/s.
    """

    kind: str
    label: str
    start: int
    end: int
    grade: str = ""
    steps: tuple[tuple[int, int, float], ...] = ()
    drug: str = ""


def interventions(attributes: Mapping[str, Any]) -> list[Intervention]:
    """Return the stimuli, then doses and an induction, each in the order of their start, from a record's attributes."""
    stimuli = [
        Intervention(
            "stimulus",
            str(item["kind"]),
            int(item["start"]),
            int(item["start"]) + int(item.get("duration") or 0),
            str(item.get("grade") or ""),
        )
        for item in attributes.get("stimuli", ())
    ]
    doses, together = [], _together(attributes.get("doses", ()))
    for item in together:
        steps = tuple((int(start), int(end), float(rate)) for start, end, rate in item.get("segments", ()))
        given = [int(t) for t, _ in item.get("amounts", ())]
        begins, ends = [step[0] for step in steps] + given, [step[1] for step in steps] + given
        if begins:
            doses.append(
                Intervention(
                    "dose", dose_text(item), min(begins), max(ends), steps=steps, drug=str(item.get("drug", ""))
                )
            )
    pumped = induction(attributes)
    doses += [] if pumped is None else [pumped]
    return sorted(stimuli, key=lambda item: item.start) + sorted(doses, key=lambda item: item.start)


def induction(attributes: Mapping[str, Any]) -> Intervention | None:
    """Return the induction of the attributes, if there is one. Its rates are in the record, in the port pump.rate."""
    plan = attributes.get("protocol")
    if not plan:
        return None
    return Intervention("dose", dose_text(plan), int(plan["start"]), int(plan["end"]), drug=str(plan["drug"]))


def _together(given: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the doses, those of single subjects as one for each drug and route when there are many."""
    own = [item for item in given if item.get("subject") is not None]
    if len(own) <= _MOST_OWN:
        return list(given)
    kinds: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for item in own:
        kinds.setdefault((str(item["drug"]), str(item["route"])), []).append(item)
    found = [item for item in given if item.get("subject") is None]
    for (drug, route), items in kinds.items():
        times = [time for item in items for piece in item.get("segments", ()) for time in piece[:2]]
        times += [time for item in items for time, _ in item.get("amounts", ())]
        people = len({item["subject"] for item in items})
        text = f"{drug} {route} {len(items)} doses of {people} subject{'s' if people > 1 else ''}"
        # A span without steps or amounts: from the first to the last of them.
        ends = [(time, 0.0) for time in (min(times), max(times))] if times else []
        found.append({"drug": drug, "route": route, "text": text, "amounts": ends})
    return found


def dose_text(item: Mapping[str, Any]) -> str:
    """Return a dose of the attributes as people read it: "oxytocin iv infusion, 10 mU/min from 10 min to 70 min".

    What only one subject gets begins with "subject 1: ", with its name when a dosing table has named it.
    """
    text, _, name = str(item["text"]).partition(", subject ")
    drug, route = item.get("drug", ""), item.get("route", "")
    head = f"{drug} {route} "
    if drug and route and text.startswith(head):
        text = f"{drug} {route}, {text.removeprefix(head)}"
    who = item.get("subject")
    return ("" if who is None else f"subject {name or who + 1}: ") + text.replace("_", " ")


def prescriptions(attributes: Mapping[str, Any]) -> list[Intervention]:
    """Return what prescribed rooms played, one item for each port; what is not a list of events lasts the whole run."""
    rooms = (attributes.get("scenario") or {}).get("rooms") or {}
    end = int(attributes.get("duration_ms", 0))
    found = []
    for room in rooms.values():
        if room.get("mode") != "prescribed":
            continue
        for port, signal in (room.get("outputs") or {}).items():
            times = signal.get("event_times") or ()
            known = signal.get("kind") == "events" and len(times) > 0
            span = (int(min(times)), int(max(times))) if known else (0, end)
            found.append(Intervention("prescribed", str(port), *span))
    return found
