"""Parameter overrides and structural settings of a room, checked against the evidence and the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import TYPE_CHECKING, Any

from knuffel.body.contract import Component
from knuffel.errors import UnitError
from knuffel.evidence import load
from knuffel.scenario.quantities import quantity_of
from knuffel.scenario.tree import Path, Problems

if TYPE_CHECKING:
    from knuffel.evidence.resolve import Override

__all__ = ["read_parameters", "read_settings"]

_GIVEN_ELSEWHERE = frozenset(
    {
        "species",
        "sex",
        "state",
        "basal_profile",
        "events",
        "cells",
        "table",
        "reader_interval",
        "recording",
        "repeat",
        "dose_times",
        "given",
        "start_clock",
        "protocol",
    }
)
"""Settings that follow from other parts of the scenario."""


def read_parameters(
    given: Mapping[str, str | None] | None, room: str, component: type[Component], path: Path, problems: Problems
) -> dict[str, Override]:
    """Return parameter id -> value in the unit of the evidence."""
    from knuffel.evidence.resolve import Override

    used = {item.metadata["id"] for item in fields(component.Parameters) if "id" in item.metadata}
    known = load.parameters()
    found: dict[str, Override] = {}
    for name, text in (given or {}).items():
        where: Path = (*path, "parameters", name)
        full = name if name in used else f"{room}.{name}"
        if full not in used or full not in known:
            unused = name in known or full in known
            message = f"{component.id} does not use this parameter" if unused else f"{room} has no such parameter"
            short = [key.removeprefix(f"{room}.") for key in used]
            near = None if unused else name.removeprefix(f"{room}.")
            problems.add(where, message, found=repr(name), allowed=short or "none", near=near, at_key=True)
        elif full in found:
            problems.add(where, f"{full} is given twice", at_key=True)
        elif text is not None:
            parameter = known[full]
            try:
                value = quantity_of(text, parameter.unit)
            except UnitError as error:
                problems.add(where, error.message, found=error.found, allowed=error.allowed)
                continue
            low, high = parameter.bounds
            if not low <= value <= high:
                problems.add(where, "outside what is possible", allowed=f"{low:g} to {high:g} {parameter.unit}")
                continue
            found[full] = Override(value, parameter.unit, problems.where(where))
    return found


def read_settings(
    given: Mapping[str, str | None] | None, component: type[Component], path: Path, problems: Problems
) -> dict[str, Any]:
    """Return the structural settings of a model, typed after the defaults of its `Settings`."""
    if not given:
        return {}
    kind = component.Settings
    declared = {} if kind is None else {item.name: item for item in fields(kind)}
    names = sorted(set(declared) - _GIVEN_ELSEWHERE)
    found: dict[str, Any] = {}
    for name, text in given.items():
        where: Path = (*path, "settings", name)
        if name not in names:
            problems.add(
                where,
                f"{component.id} has no such setting",
                found=repr(name),
                allowed=names or "none",
                near=name,
                at_key=True,
            )
        elif text is not None:
            try:
                found[name] = _value(text, declared[name])
                kind(**{name: found[name]})  # type: ignore[misc]
            except Exception as error:  # a Settings class may refuse with any error; its words are the message
                problems.add(where, str(error) or "not a possible setting")
                found.pop(name, None)
    return found


def _value(text: str, item: Field[Any]) -> Any:
    default = item.default
    if default is MISSING or default is None or isinstance(default, str):
        return text
    if isinstance(default, bool):
        words = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False}
        if text.lower() not in words:
            raise ValueError(f"{item.name} is true or false")
        return words[text.lower()]
    if isinstance(default, tuple):
        try:
            return tuple(_numbers(entry.split()) for entry in text.split(",") if entry.strip())
        except ValueError:
            raise ValueError(
                f"{item.name} is a list of whole numbers or pairs, for instance '3, 17' or '0 3, 1 5'"
            ) from None
    try:
        return type(default)(text)
    except ValueError:
        raise ValueError(f"{item.name} is a number, for instance {default}") from None


def _numbers(words: list[str]) -> int | tuple[int, ...]:
    """Return one number, or several as a tuple. Raises ValueError."""
    found = tuple(int(word) for word in words)
    return found[0] if len(found) == 1 else found
