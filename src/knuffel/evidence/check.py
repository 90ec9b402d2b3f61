"""What is wrong with the evidence: each rule is a function that returns problems as sentences, none when all is well.

The loader refuses what cannot be read; the rules here find what can be read but not be trusted: a unit that nobody
knows, a number outside its own limits, a claim without a source, a set that repeats the defaults.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from math import isfinite
from typing import Any

from knuffel.errors import DataError, UnitError, nearest
from knuffel.evidence.load import (
    GRADES,
    STATUSES,
    Parameter,
    ParameterSet,
    Source,
    Target,
    assays,
    parameters,
    sets,
    sources,
    stimuli,
    targets,
)
from knuffel.evidence.spread import spread_of
from knuffel.units import UG_PER_IU, unit_factor

__all__ = [
    "entry_problems",
    "field_problems",
    "problems",
    "set_problems",
    "source_problems",
    "target_problems",
    "unused_sources",
]

_NEEDS_SOURCE = frozenset({"measured", "fitted"})
_NEEDS_REASON = frozenset({"assumed", "unverified", "derived"})
_READ = frozenset({"abstract", "label", "table", "code", "title", "memory"})


def problems() -> list[str]:
    """Return everything that is wrong with the evidence of the package."""
    known = sources()
    found = [line for entry in parameters().values() for line in entry_problems(entry.id, entry, known, parameters())]
    for item in sets().values():
        found += set_problems(item, parameters(), known)
    for key, source in known.items():
        found += source_problems(key, source)
    for target in targets().values():
        found += target_problems(target, known)
    for kind, profile in stimuli().items():
        found += _claim_problems(f"stimulus {kind}", profile.status, profile.source, profile.why, known, GRADES)
        if profile.grade not in tuple("ABCD"):
            found.append(f"stimulus {kind}: grade {profile.grade!r} is not A, B, C or D")
    for name, preset in assays().items():
        found += _claim_problems(f"assay {name}", preset.status, preset.source, preset.why, known)
    return found


def entry_problems(
    where: str, entry: Parameter, known_sources: Mapping[str, Source], known: Mapping[str, Parameter]
) -> list[str]:
    """Check one parameter: unit, value, limits, status, source, reason."""
    found = list(_unit_problems(where, entry.unit))
    values = entry.value if isinstance(entry.value, tuple) else (entry.value,)
    if not all(isfinite(value) for value in values):
        found.append(f"{where}: the value is not finite")
    for name, (low, high) in (("bounds", entry.bounds), ("plausible", entry.plausible)):
        if not all(low <= value <= high for value in values):
            found.append(f"{where}: the value is outside {name}")
    if not (entry.bounds[0] <= entry.plausible[0] and entry.plausible[1] <= entry.bounds[1]):
        found.append(f"{where}: plausible reaches beyond bounds")
    if not (isfinite(entry.bounds[0]) and isfinite(entry.bounds[1])):
        found.append(f"{where}: bounds are missing")
    if not entry.title:
        found.append(f"{where}: the title is missing")
    found += _claim_problems(where, entry.status, entry.source, entry.why, known_sources)
    try:
        spread_of(entry.spread, where)
    except DataError as error:
        found.append(str(error))
    if entry.status == "derived" and not (entry.inputs or entry.why):
        found.append(f"{where}: a derived value names what it is made of, in inputs or in why")
    found += [f"{where}: input {name!r} is not a parameter" for name in entry.inputs if name not in known]
    return found


def set_problems(item: ParameterSet, known: Mapping[str, Parameter], known_sources: Mapping[str, Source]) -> list[str]:
    """Check one set: it differs from the defaults, every new value has its own evidence, every entry is sound."""
    found = []
    for name, entry in item.parameters.items():
        where = f"set {item.name}: {name}"
        given = item.changes.get(name, ())
        if all(getattr(entry, field) == getattr(known[name], field) for field in given):
            found.append(f"{where}: repeats the default")
        if "value" in given and not ("status" in given and {"source", "why"} & set(given)):
            found.append(f"{where}: a new value needs its own status, and a source or a reason")
        found += entry_problems(where, entry, known_sources, known)
    if not (item.kind and item.title and item.why):
        found.append(f"set {item.name}: kind, title or why is empty")
    return found


def source_problems(key: str, source: Source) -> list[str]:
    """Check one source: it can be found, and it says how far it was read."""
    found = []
    if not source.title:
        found.append(f"source {key}: the title is missing")
    if source.doi and not source.doi.startswith("10."):
        found.append(f"source {key}: a DOI starts with 10., without prefix")
    if source.url and source.url.count("/") != 1:
        found.append(f"source {key}: url is the owner/name of a code repository")
    if source.read not in _READ:
        found.append(f"source {key}: read is {source.read!r}, not one of {', '.join(sorted(_READ))}")
    if source.read == "code" and not source.url:
        found.append(f"source {key}: code needs the repository in url")
    return found


def target_problems(target: Target, known_sources: Mapping[str, Source]) -> list[str]:
    """Check one validation target: unit, kind, source, an interval that is one."""
    where = f"target {target.id}"
    found = list(_unit_problems(where, target.unit))
    found += _key_problems(where, target.source, known_sources)
    if target.kind not in ("reported", "unit"):
        found.append(f"{where}: kind is {target.kind!r}, not reported or unit")
    if target.kind == "reported" and not target.source:
        found.append(f"{where}: a reported number needs a source")
    numbers = target.published if isinstance(target.published, tuple) else (target.published,)
    if numbers[0] > numbers[-1]:
        found.append(f"{where}: published is an interval from high to low")
    low, high = target.interval
    if not low <= high:
        found.append(f"{where}: the tolerance leaves no value that agrees")
    return found


def field_problems(kind: type[Any], known: Mapping[str, Parameter]) -> list[str]:
    """Check a `Parameters` class: every field has an id that exists and a unit to which the evidence converts."""
    found = []
    for item in fields(kind):
        where = f"{kind.__module__}.{kind.__qualname__}.{item.name}"
        if "id" not in item.metadata:
            found.append(f"{where}: not declared with parameter()")
            continue
        name, unit = item.metadata["id"], item.metadata["unit"]
        if name not in known:
            guess = nearest(name, known)
            found.append(f"{where}: there is no {name!r}" + (f"; nearest {guess!r}" if guess else ""))
            continue
        try:
            unit_factor(known[name].unit, unit, UG_PER_IU["oxytocin"])
        except UnitError as error:
            found.append(f"{where}: {name} in {known[name].unit} cannot be had in {unit}: {error}")
    return found


def unused_sources(also: Iterable[str] = ()) -> list[str]:
    """Return the keys of sources that nothing refers to; ``also`` holds keys that code refers to."""
    used = set(also)
    changed = [entry for item in sets().values() for entry in item.parameters.values()]
    records: list[Any] = [
        *parameters().values(),
        *changed,
        *stimuli().values(),
        *assays().values(),
        *targets().values(),
    ]
    for record in records:
        used.update(record.source)
    return [key for key in sources() if key not in used]


def _unit_problems(where: str, unit: str) -> Iterator[str]:
    if not unit:
        yield f"{where}: the unit is missing"
        return
    try:
        unit_factor(unit, "1")
    except UnitError as error:
        if error.message.startswith("unknown unit"):  # another dimension than 1 is no problem
            yield f"{where}: {error.message}"


def _claim_problems(
    where: str,
    status: str,
    source: Iterable[str],
    why: str,
    known_sources: Mapping[str, Source],
    allowed: tuple[str, ...] = STATUSES,
) -> list[str]:
    keys = tuple(source)
    found = _key_problems(where, keys, known_sources)
    if status not in allowed:
        found.append(f"{where}: status {status!r} is not one of {', '.join(allowed)}")
    if status in _NEEDS_SOURCE and not keys:
        found.append(f"{where}: {status} needs a source")
    if status in _NEEDS_REASON and not why:
        found.append(f"{where}: {status} needs a reason in why")
    return found


def _key_problems(where: str, keys: Iterable[str], known_sources: Mapping[str, Source]) -> list[str]:
    return [f"{where}: there is no source {key!r}" for key in keys if key not in known_sources]
