"""From ids to numbers: the default, changed by sets, changed by the user; then built into a `Parameters` class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from math import isfinite
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from knuffel.errors import Notice, ParameterError, UnitError, nearest
from knuffel.evidence.entries import GRADES, Number, Parameter, ParameterSet
from knuffel.evidence.load import parameters
from knuffel.evidence.load import sets as known_sets
from knuffel.units import UG_PER_IU, unit_factor

__all__ = ["Drawn", "Override", "Resolved", "build", "numbers", "resolve", "weakest"]

_Built = TypeVar("_Built")


@dataclass(frozen=True)
class Override:
    """A value that the user gives instead of the evidence; ``where`` is file, line and key."""

    value: Number
    unit: str
    where: str = ""


@dataclass(frozen=True)
class Resolved:
    """The value in use and where it comes from.

    ``value`` in ``unit``, which is the unit of the evidence entry; ``origin`` is "default", "set NAME" or "user";
    ``where`` is the place in the user's file. ``status`` and ``source`` belong to the value in use: a value of the user
    is assumed and has no source.
    """

    parameter: Parameter
    value: Number
    unit: str
    status: str
    source: tuple[str, ...]
    origin: str = "default"
    where: str = ""


@dataclass(frozen=True)
class Drawn:
    """A parameter that differs between subjects, in the unit of its evidence entry.

    ``value`` has the shape (subject,), which is no row of numbers: those are tuples. ``typical`` is the number of the
    population that each subject belongs to, one for all or one for each.
    """

    value: npt.NDArray[np.float64]
    typical: float | npt.NDArray[np.float64]


def weakest(statuses: Iterable[str]) -> str:
    """Return the weakest kind of evidence among ``statuses``.

    A result is not better than the weakest number it rests on. From strong to weak: measured, fitted, derived,
    unverified, assumed, hypothesis. "Unverified" (written from memory, but of something that somebody measured) stands
    before "assumed" (our own choice). Nothing at all rests on nothing that could be wrong: "measured". Raises
    `ParameterError` for a word that is not in the list.

    >>> weakest(["measured", "assumed", "fitted"])
    'assumed'
    """
    found = list(statuses)
    for status in found:
        if status not in GRADES:
            raise ParameterError(f"status {status!r} is not one of {', '.join(GRADES)}")
    return max(found, key=GRADES.index, default=GRADES[0])


def resolve(
    ids: Iterable[str],
    sets: Sequence[str] = (),
    overrides: Mapping[str, Override] | None = None,
    *,
    known: Mapping[str, Parameter] | None = None,
    offered: Mapping[str, ParameterSet] | None = None,
) -> tuple[dict[str, Resolved], list[Notice]]:
    """Return the value of every id, in its evidence unit, and a notice for each that is not plausible.

    A later set wins over an earlier one, the user over all sets. ``known`` and ``offered`` replace the entries of the
    package (for studies with their own evidence). Raises `ParameterError` for an unknown id or set (with the nearest
    name), a value that is not finite or outside the bounds; `UnitError` when an override has another dimension.
    """
    known = parameters() if known is None else known
    overrides = {} if overrides is None else overrides
    chosen = [_chosen_set(name, offered) for name in sets]
    for name in overrides:
        _known(name, known)
    result: dict[str, Resolved] = {}
    notices: list[Notice] = []
    for name in ids:
        entry, origin, where = _known(name, known), "default", ""
        for item in chosen:
            if name in item.parameters:
                entry, origin = item.parameters[name], f"set {item.name}"
        value, status, source = entry.value, entry.status, entry.source
        if name in overrides:
            origin, where, status, source = "user", overrides[name].where, "assumed", ()
            value = _converted(entry, overrides[name])
        _check_bounds(entry, value, where)
        if not _inside(value, entry.plausible):
            low, high = entry.plausible
            message = f"{name} = {_shown(value)} {entry.unit} is outside what is plausible ({low:g} to {high:g})"
            notices.append(Notice("implausible_parameter", message, where))
        result[name] = Resolved(entry, value, entry.unit, status, source, origin, where)
    return result, notices


def build(kind: type[_Built], resolved: Mapping[str, Resolved], drawn: Mapping[str, Drawn] | None = None) -> _Built:
    """Return an instance of a `Parameters` class whose fields were declared with `body.contract.parameter`.

    Every number is converted to the unit that its field asks for; a list of numbers becomes a float64 array. A field
    declared ``typical`` gets the number of the population (default or set), not the user's. ``drawn`` holds what
    differs between subjects, by id, in place of what was resolved. Raises `ParameterError` when an id was not
    resolved, `UnitError` when the dimensions differ.
    """
    values: dict[str, Any] = {}
    drawn = {} if drawn is None else drawn
    for item in fields(kind):  # type: ignore[arg-type]
        if "id" not in item.metadata:
            continue
        name, unit = item.metadata["id"], item.metadata["unit"]
        if name not in resolved:
            raise ParameterError(_unknown(name, resolved))
        found = resolved[name]
        factor = 1.0 if found.unit == unit else _factor(found.unit, unit, name)
        if name in drawn:
            own = drawn[name].typical if item.metadata.get("typical") else drawn[name].value
            values[item.name] = own * factor  # a fresh array: no two components share their numbers
            continue
        value = found.parameter.value if item.metadata.get("typical") else found.value
        values[item.name] = np.array(value, dtype=np.float64) * factor if isinstance(value, tuple) else value * factor
    return kind(**values)


def numbers(kind: type[_Built], sets: Sequence[str] = (), overrides: Mapping[str, Override] | None = None) -> _Built:
    """Return a class of declared numbers, filled from the evidence of the sets; overrides by id."""
    resolved, _ = resolve([item.metadata["id"] for item in fields(kind)], sets, overrides or {})  # type: ignore[arg-type]
    return build(kind, resolved)


def _chosen_set(name: str, offered: Mapping[str, ParameterSet] | None) -> ParameterSet:
    available = known_sets() if offered is None else offered
    if name in available:
        return available[name]
    guess = nearest(name, available)
    raise ParameterError(f"there is no parameter set {name!r}" + (f"; did you mean {guess!r}?" if guess else ""))


def _known(name: str, known: Mapping[str, Parameter]) -> Parameter:
    if name not in known:
        raise ParameterError(_unknown(name, known))
    return known[name]


def _unknown(name: str, known: Iterable[str]) -> str:
    guess = nearest(name, known)
    return f"there is no parameter {name!r}" + (f"; did you mean {guess!r}?" if guess else "")


def _converted(entry: Parameter, override: Override) -> Number:
    """Return the user's value in the unit of the entry; a row of numbers is replaced by one of equal length."""
    place = f"{override.where}: " if override.where else ""
    wanted = len(entry.value) if isinstance(entry.value, tuple) else None
    given = len(override.value) if isinstance(override.value, tuple) else None
    if wanted != given:
        expected = "one number" if wanted is None else f"{wanted} numbers"
        raise ParameterError(f"{place}{entry.id} needs {expected}, found {_shown(override.value)}")
    factor = 1.0 if override.unit == entry.unit else _factor(override.unit, entry.unit, f"{place}{entry.id}")
    if isinstance(override.value, tuple):
        return tuple(float(item) * factor for item in override.value)
    return float(override.value) * factor


def _factor(unit: str, target: str, where: str) -> float:
    try:
        return unit_factor(unit, target, UG_PER_IU["oxytocin"])
    except UnitError as error:
        raise UnitError(f"{where}: {error.message}", found=error.found, allowed=error.allowed) from error


def _check_bounds(entry: Parameter, value: Number, where: str) -> None:
    place = f"{where}: " if where else ""
    if not all(isfinite(item) for item in _numbers(value)):
        raise ParameterError(f"{place}{entry.id} = {_shown(value)} is not a finite number")
    if not _inside(value, entry.bounds):
        low, high = entry.bounds
        cited = f"; the evidence is {_shown(entry.value)} {entry.unit}"
        raise ParameterError(
            f"{place}{entry.id} = {_shown(value)} {entry.unit} is outside its bounds ({low:g} to {high:g}){cited}"
        )


def _numbers(value: Number) -> tuple[float, ...]:
    return value if isinstance(value, tuple) else (value,)


def _inside(value: Number, limits: tuple[float, float]) -> bool:
    low, high = limits
    return all(low <= item <= high for item in _numbers(value))


def _shown(value: Number) -> str:
    return ", ".join(f"{item:.6g}" for item in _numbers(value))
