"""Read the evidence files of the package into records, once.

Every function returns a read-only mapping from a name to a frozen record. A malformed file raises `DataError`, which
names the file and the entry.

>>> parameters()["tocograph.adequate_activity"].unit
'MVU'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import TypeVar

from knuffel.errors import DataError, nearest
from knuffel.evidence.entries import (
    GRADES,
    STATUSES,
    AssayPreset,
    Number,
    Parameter,
    ParameterSet,
    Source,
    StimulusProfile,
    Target,
)
from knuffel.evidence.records import entries_of, make_record, named_tables, read_values, toml_files, toml_table

__all__ = [
    "GRADES",
    "STATUSES",
    "AssayPreset",
    "Number",
    "Parameter",
    "ParameterSet",
    "Source",
    "StimulusProfile",
    "Target",
    "assays",
    "drugs",
    "parameters",
    "root",
    "sets",
    "sources",
    "stimuli",
    "targets",
]

_Record = TypeVar("_Record")
_PROFILES = ("event", "bolus", "injection", "osmotic", "train", "suckling", "feed", "pump", "cue", "level", "drug")
_TOLERANCES = ("relative", "absolute", "range")


def root() -> Traversable:
    """Return the folder of the evidence files."""
    return resources.files("knuffel.evidence")


@lru_cache(maxsize=1)
def parameters() -> Mapping[str, Parameter]:
    """Return every parameter by id (``room.quantity``), in the order of the files."""
    return MappingProxyType(read_parameters(root()))


@lru_cache(maxsize=1)
def sets() -> Mapping[str, ParameterSet]:
    """Return every parameter set by name; what an entry does not say is taken from the default entry."""
    return MappingProxyType(read_sets(root(), parameters()))


@lru_cache(maxsize=1)
def sources() -> Mapping[str, Source]:
    """Return every source by key."""
    return MappingProxyType(read_sources(root()))


@lru_cache(maxsize=1)
def stimuli() -> Mapping[str, StimulusProfile]:
    """Return every stimulus that a scenario may name, by kind."""
    return MappingProxyType(read_stimuli(root()))


@lru_cache(maxsize=1)
def drugs() -> frozenset[str]:
    """Return the kinds of stimuli that are drugs: they act through the modulators."""
    return frozenset(kind for kind, item in stimuli().items() if item.profile == "drug")


@lru_cache(maxsize=1)
def assays() -> Mapping[str, AssayPreset]:
    """Return every laboratory method that a scenario may name, by name."""
    return MappingProxyType(read_assays(root()))


@lru_cache(maxsize=1)
def targets() -> Mapping[str, Target]:
    """Return every published or independently computed number that the model is held against, by id."""
    return MappingProxyType(read_targets(root()))


def read_parameters(folder: Traversable) -> dict[str, Parameter]:
    """Read ``parameters/<room>.toml`` and ``parameters/<room>.<part>.toml``. Raises `DataError`."""
    found: dict[str, Parameter] = {}
    for file in toml_files(folder, "parameters"):
        room = file.name.split(".")[0]
        for name, entry in entries_of(file):
            where = f"{file.name} [{name}]"
            if f"{room}.{name}" in found:
                raise DataError(f"{where}: the id stands in two files")
            found[f"{room}.{name}"] = make_record(Parameter, entry, where, id=f"{room}.{name}")
    return found


def read_sets(folder: Traversable, defaults: Mapping[str, Parameter]) -> dict[str, ParameterSet]:
    """Read ``sets/<name>.toml`` against the ``defaults``. Raises `DataError`."""
    found: dict[str, ParameterSet] = {}
    for file in toml_files(folder, "sets"):
        table = toml_table(file)
        changed: dict[str, Parameter] = {}
        given: dict[str, tuple[str, ...]] = {}
        for identifier, entry in named_tables(table.pop("parameters", {}), f"{file.name} [parameters]"):
            where = f"{file.name} [parameters.{identifier!r}]"
            if identifier not in defaults:
                guess = nearest(identifier, defaults)
                raise DataError(f"{where}: no such parameter" + (f"; did you mean {guess!r}?" if guess else ""))
            values = read_values(Parameter, entry, where)
            inherited = {"species": table["species"]} if table.get("species") else {}
            changed[identifier] = replace(defaults[identifier], **inherited | values)
            given[identifier] = tuple(values)
        record = make_record(ParameterSet, table, file.name, parameters=changed, changes=given)
        if record.name != file.name.removesuffix(".toml"):
            raise DataError(f"{file.name}: the set calls itself {record.name!r}")
        found[record.name] = record
    return found


def read_sources(folder: Traversable) -> dict[str, Source]:
    """Read ``sources.toml``. Raises `DataError`."""
    return _read(folder, "sources.toml", Source, "key")


def read_stimuli(folder: Traversable) -> dict[str, StimulusProfile]:
    """Read ``stimuli.toml``. Raises `DataError`."""
    found = _read(folder, "stimuli.toml", StimulusProfile, "kind")
    for kind, item in found.items():
        if item.profile not in _PROFILES:
            raise DataError(f"stimuli.toml [{kind}]: profile is {item.profile!r}, not one of {', '.join(_PROFILES)}")
    return found


def read_assays(folder: Traversable) -> dict[str, AssayPreset]:
    """Read ``assays.toml``. Raises `DataError`."""
    return _read(folder, "assays.toml", AssayPreset, "name")


def read_targets(folder: Traversable) -> dict[str, Target]:
    """Read ``targets/*.toml``; ids are unique over the files. Raises `DataError`."""
    found: dict[str, Target] = {}
    for file in toml_files(folder, "targets"):
        for name, entry in entries_of(file):
            where = f"{file.name} [{name}]"
            if name in found:
                raise DataError(f"{where}: the id stands in two files")
            item = make_record(Target, entry, where, id=name)
            if isinstance(item.published, tuple) and len(item.published) != 2:
                raise DataError(f"{where}: published is a number or [low, high]")
            if len(item.tolerance) != 1 or next(iter(item.tolerance)) not in _TOLERANCES:
                raise DataError(f"{where}: tolerance needs exactly one of {', '.join(_TOLERANCES)}")
            found[name] = item
    return found


def _read(folder: Traversable, name: str, kind: type[_Record], key: str) -> dict[str, _Record]:
    file = folder / name
    if not file.is_file():
        return {}
    return {item: make_record(kind, entry, f"{name} [{item}]", **{key: item}) for item, entry in entries_of(file)}
