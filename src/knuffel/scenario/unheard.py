"""Whether anything in the body plan answers to what a scenario does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from knuffel.body.doses import BRAIN_ROUTES, WATER
from knuffel.body.plan import component_class
from knuffel.body.stimuli import PROTOCOLS
from knuffel.evidence import load
from knuffel.scenario.model import DoseSpec, ProtocolSpec, RoomSpec, StimulusSpec
from knuffel.scenario.recording import PLAYS
from knuffel.scenario.tree import Problems

__all__ = ["notice_unheard"]


def notice_unheard(
    stimuli: Sequence[StimulusSpec],
    doses: Sequence[DoseSpec],
    protocol: ProtocolSpec | None,
    rooms: Mapping[str, RoomSpec],
    problems: Problems,
) -> None:
    """Say so when nothing in the body plan answers to a stimulus, a dose, a protocol or a modulator."""
    running = [component_class(spec.room, spec.model) for spec in rooms.values() if spec.mode == "model"]
    heard = {port.name for kind in running for port in kind.inputs}
    ports = {item.kind: _ports(item.kind) for item in stimuli}
    if any(not names for names in ports.values()):
        if not rooms["stimuli"].mode == rooms["neurons"].mode == "model":
            text = "stimuli and neurons do not both run: these change nothing"
            problems.notice("stimuli_unheard", ("stimuli",), text)
        elif rooms["neurons"].model == PLAYS:
            problems.notice("stimuli_unheard", ("stimuli",), "recorded cells hear no stimuli: these change nothing")
    for kind, names in ports.items():
        answered = any(name in heard and rooms[name.partition(".")[0]].mode == "model" for name in names)
        if names and not answered:
            text = f"{kind} changes nothing: no model of this body answers to it"
            problems.notice("stimuli_unheard", ("stimuli",), text)
    _doses_unheard(doses, protocol, rooms, problems)
    modulated = rooms["modulators"].mode == "prescribed" or rooms["modulators"].overrides
    if modulated and not any(name.startswith("modulators.") for name in heard):
        text = "no neurons and no terminals run: modulators change nothing"
        problems.notice("modulators_unheard", ("body", "modulators"), text)


def _doses_unheard(
    doses: Sequence[DoseSpec], protocol: ProtocolSpec | None, rooms: Mapping[str, RoomSpec], problems: Problems
) -> None:
    """Say so when doses reach no blood, water no body of water, and when a protocol has no pump or no uterus."""
    bloodless = rooms["plasma"].mode != "model"
    if bloodless and any(dose.drug != WATER for dose in doses):
        where = ("doses",) if problems.written("doses") else ("dose_table",)
        problems.notice("doses_unheard", where, "no model of the blood runs: the doses change nothing")
    if rooms["water"].mode != "model" and any(dose.drug == WATER for dose in doses):
        problems.notice("water_unheard", ("doses",), "the room water does not run: the water changes nothing")
    if rooms["csf"].mode != "model" and any(dose.route in BRAIN_ROUTES.get(dose.drug, ()) for dose in doses):
        problems.notice("doses_unheard", ("doses",), "no model of cerebrospinal fluid runs: icv doses change nothing")
    if protocol is None:
        return
    if rooms["pump"].mode != "model":
        problems.notice("protocol_unheard", ("doses",), f"no pump runs: {protocol.name} changes nothing")
    elif bloodless:
        text = f"no model of the blood runs: {protocol.name} changes nothing"
        problems.notice("protocol_unheard", ("doses",), text)
    elif protocol.rule != "none" and not _watched(rooms):
        text = f"no uterus answers to the blood: {protocol.name} does not see what its infusion does"
        problems.notice("protocol_blind", ("doses",), text)


def _watched(rooms: Mapping[str, RoomSpec]) -> bool:
    """Whether a pump sees contractions that follow the blood."""
    return rooms["uterus"].mode == "prescribed" or rooms["uterus"].mode == rooms["receptors"].mode == "model"


def _ports(kind: str) -> Iterable[str]:
    """Return the ports of the levels that a stimulus sets; none when it acts on the synaptic input."""
    profile = None if kind in PROTOCOLS else load.stimuli()[kind]
    if profile is None:
        return ()
    if profile.profile == "cue":
        return ("stimuli.baby_cue",)
    room = "modulators" if kind in load.drugs() else "stimuli"
    names = [f"{room}.{level}" for level in profile.levels]
    return [*names, *(f"{name}_left" for name in names)]
