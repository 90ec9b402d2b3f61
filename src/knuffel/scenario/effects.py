"""Side effects of what is given: for which subjects and doses the rooms of the blood pressure and of water run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from knuffel.body.plan import component_class
from knuffel.scenario.model import DoseSpec, RoomSpec, SubjectSpec

__all__ = ["EFFECTS", "asks_for_water", "has_v2_drive", "wanted"]

EFFECTS = ("circulation", "water")
"""The rooms of side effects, of people only."""

_VASODILATORS = ("oxytocin", "carbetocin")
_LONG_INFUSION = 3_600_000
_DRIVE = "receptors.v2_drive"


def wanted(room: str, subject: SubjectSpec, doses: Sequence[DoseSpec], earlier: Mapping[str, RoomSpec]) -> bool:
    """Whether a room of side effects runs unless the scenario says otherwise.

    The blood pressure with doses of oxytocin or carbetocin into a vein or muscle. Water
    with an infusion of oxytocin longer than an hour or when water is given, if the receptors tell the kidney.
    """
    if room == "circulation":
        vasodilators = any(dose.drug in _VASODILATORS and dose.route.startswith(("iv", "im")) for dose in doses)
        return subject.species == "human" and vasodilators
    return asks_for_water(subject, doses) and has_v2_drive(earlier)


def asks_for_water(subject: SubjectSpec, doses: Sequence[DoseSpec]) -> bool:
    """Whether water is kept or given: a long infusion of oxytocin into a person, or water; not in a mixed cohort."""
    long = any(
        dose.drug == "oxytocin" and dose.route == "iv_infusion" and _span(dose) > _LONG_INFUSION for dose in doses
    )
    given = long or any(dose.drug == "water" for dose in doses)
    return given and subject.species == "human" and subject.sex != "mixed"


def _span(dose: DoseSpec) -> int:
    """Return the ms from the first to the last moment of a dose."""
    return max((end for _, end, _ in dose.segments), default=0) - min(
        (start for start, _, _ in dose.segments), default=0
    )


def has_v2_drive(rooms: Mapping[str, RoomSpec]) -> bool:
    """Whether the receptors, as they stand, say how far the V2 receptor of the kidney is occupied."""
    spec = rooms.get("receptors")
    if spec is None or spec.mode == "off":
        return False
    if spec.mode == "prescribed":
        return _DRIVE in spec.outputs
    return any(port.name == _DRIVE for port in component_class("receptors", spec.model).outputs)
