"""What was done to the subject: stimuli and doses of a finished run as one list of intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Intervention", "interventions"]


@dataclass(frozen=True)
class Intervention:
    """A stimulus or a dose: ``kind`` is one of the two, times in ms after the start.

    ``label`` is the kind of the stimulus or the dose as typed; ``grade`` the evidence grade of a stimulus ("" for a
    dose); ``steps`` the infusion rates as (start ms, end ms, pg/s).
    """

    kind: str
    label: str
    start: int
    end: int
    grade: str = ""
    steps: tuple[tuple[int, int, float], ...] = ()


def interventions(attributes: Mapping[str, Any]) -> list[Intervention]:
    """Return the stimuli, then the doses, each in the order of their start, from the attributes of a record."""
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
    doses = []
    for item in attributes.get("doses", ()):
        steps = tuple((int(start), int(end), float(rate)) for start, end, rate in item.get("segments", ()))
        given = [int(t) for t, _ in item.get("amounts", ())]
        begins, ends = [step[0] for step in steps] + given, [step[1] for step in steps] + given
        if begins:
            doses.append(Intervention("dose", str(item["text"]), min(begins), max(ends), steps=steps))
    return sorted(stimuli, key=lambda item: item.start) + sorted(doses, key=lambda item: item.start)
