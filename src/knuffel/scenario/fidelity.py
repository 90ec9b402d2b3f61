"""Spikes or rates: which models the fidelity asks for, and the table behind the rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path as FilePath

from knuffel.body.contract import Component
from knuffel.body.plan import DEFAULT_MODEL, component_class, models
from knuffel.errors import DataError
from knuffel.evidence import rate_table as tables
from knuffel.scenario.model import RoomSpec, SubjectSpec, TableSpec
from knuffel.scenario.tree import Path, Problems

__all__ = ["GLANDS", "RATE", "default_model", "is_spiking", "makes_bursts", "read_table", "without_tabulated"]

RATE = "rate"
"""The fidelity, and the model of neurons and secretion that it stands for."""

GLANDS = {"human": "human-breast", "rat": "rat-mammary-gland"}
"""The model of the breast by species."""

_NURSING_RAT = {"neurons": "rossoni-2008", "breast": GLANDS["rat"]}
"""What a lactating rat has in place of the usual models: a network that bursts, and its own gland."""

_ROOMS = ("neurons", "secretion")
_SPIKE = "neurons.spike"
_SUCKLING = "stimuli.suckling"


def is_spiking(rooms: Mapping[str, RoomSpec]) -> bool:
    """Whether neurons are simulated, millisecond by millisecond."""
    return rooms["neurons"].mode == "model" and rooms["neurons"].model != RATE


def makes_bursts(rooms: Mapping[str, RoomSpec]) -> bool:
    """Whether the neurons are a network that answers suckling with bursts of its own."""
    neurons = rooms.get("neurons")
    if neurons is None or neurons.mode != "model":
        return False
    return any(port.name == _SUCKLING for port in component_class("neurons", neurons.model).inputs)


def default_model(
    room: str, fidelity: str | None, earlier: Mapping[str, RoomSpec], subject: SubjectSpec | None = None
) -> str:
    """Return the model that stands in a room when the scenario does not say; secretion follows the neurons.

    A lactating rat has a network of neurons, so that it can burst, and its own gland.
    """
    if room == "secretion" and earlier["neurons"].mode == "off":
        return "basal"
    rates = fidelity == RATE if room == "neurons" else room == "secretion" and earlier["neurons"].model == RATE
    if rates:
        return RATE
    nursing = subject is not None and (subject.species, subject.state) == ("rat", "lactating")
    usual = _NURSING_RAT.get(room, "") if nursing else ""
    return usual if usual in models(room) else DEFAULT_MODEL[room]


def without_tabulated(
    given: Mapping[str, str | None] | None, component: type[Component], path: Path, problems: Problems
) -> dict[str, str | None]:
    """Return the parameters of a room without those that its rate table was computed for, which are refused."""
    held = set(tables.rate_table(tables.table_names()[0]).parameters)
    kept = {}
    for name, value in (given or {}).items():
        if name in held or f"{component.room}.{name}" in held:
            full = name if name in held else f"{component.room}.{name}"
            problems.add(
                (*path, "parameters", name),
                "the rate table was computed with another value",
                allowed=f"fidelity: spiking; or rate_table: a table of your own, made with knuffel build-rate-tables "
                f"… --set {full}=…",
                at_key=True,
            )
        else:
            kept[name] = value
    return kept


def read_table(given: str | None, rooms: dict[str, RoomSpec], folder: FilePath, problems: Problems) -> TableSpec | None:
    """Return the rate table of a scenario, None when no model reads one; a table of the user names the cell set."""
    running = {room for room in _ROOMS if rooms[room].mode == "model" and rooms[room].model == RATE}
    neurons, gland = rooms["neurons"], rooms["secretion"]
    if "neurons" in running and gland.mode == "model":
        inputs = {port.name for port in component_class("secretion", gland.model).inputs}
        if _SPIKE in inputs:
            message = f"{gland.model} needs spikes, and the model rate of the neurons makes none"
            problems.add(("body", "secretion"), message, allowed="rate, basal, off", show_found=False)
    if not running:
        if given is not None:
            problems.add(("rate_table",), "no model reads it", allowed="with fidelity: rate", at_key=True)
        return None
    sets = neurons.sets or component_class("neurons", neurons.model).default_sets
    if given is not None:
        return _own_table(given, sets if neurons.sets else (), rooms, folder, problems)
    known = tables.table_names()
    if len(sets) == 1 and sets[0] in known:
        return TableSpec(sets[0], tables.rate_table(sets[0]).digest)
    message = "there is no rate table for this set" if len(sets) == 1 else "a rate table belongs to one set of cells"
    near = sets[0] if len(sets) == 1 else None
    problems.add(("body", "neurons", "set"), message, found=", ".join(sets), allowed=known, near=near)
    return None


def _own_table(
    given: str, sets: tuple[str, ...], rooms: dict[str, RoomSpec], folder: FilePath, problems: Problems
) -> TableSpec | None:
    try:
        table = tables.read_rate_table(folder / given)
    except DataError as error:
        allowed = "the file that knuffel build-rate-tables wrote"
        problems.add(("rate_table",), str(error), allowed=allowed, show_found=False)
        return None
    if sets not in ((), (table.set,)):
        message = f"the table in rate_table belongs to the set {table.set}"
        problems.add(("body", "neurons", "set"), message, found=", ".join(sets), allowed=table.set)
    rooms["neurons"] = replace(rooms["neurons"], sets=(table.set,))
    return TableSpec(table.set, table.digest, str(folder / given))
