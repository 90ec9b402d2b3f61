"""Small pieces that the tests of the rooms share: parameters from the evidence, subjects, inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from knuffel.body.contract import Component, Inputs, Kind, Subjects
from knuffel.body.physiology import AdultParameters
from knuffel.body.plan import component_class
from knuffel.engine.random import Streams
from knuffel.evidence import resolve

STREAMS = Streams(1)


def numbers(kind: type, *sets: str, **changes: Any) -> Any:
    built = resolve.numbers(kind, sets)
    return replace(built, **changes) if changes else built


def subjects(count: int = 1, first: int = 0, **more: Any) -> Subjects:
    given = {"weight": np.full(count, 70.0), "gestational_week": np.full(count, np.nan), **more}
    return Subjects(index=np.arange(first, first + count), **given)


def levels(count: int = 1, **values: Any) -> dict[str, tuple[Any, Any]]:
    """Turn room__port=value, or (start, end), into what `Inputs` holds."""
    found = {}
    for name, value in values.items():
        start, end = value if isinstance(value, tuple) else (value, value)
        found[name.replace("__", ".")] = (np.full(count, start, dtype=float), np.full(count, end, dtype=float))
    return found


def neutral(kind: type[Component], count: int = 1) -> Inputs:
    """Return the neutral value of every input level of a component."""
    given = {port.name: port.default for port in kind.inputs if port.kind in (Kind.LEVEL, Kind.FRACTION)}
    return Inputs({name: (np.full(count, value),) * 2 for name, value in given.items()})


def plasma_inputs(
    count: int = 1,
    basal: Any = 0,
    secretion: Any = 0,
    infusion: Any = 0,
    bolus: Any = 0,
    *,
    who: Mapping[str, Any] | None = None,
    **doses: Any,
) -> Inputs:
    """Return what plasma reads: flows as integrals, doses as amounts; ``who`` as `body_of` gives it."""
    kind = component_class("plasma", "two-compartment")
    rates = {port.name: np.zeros(count) for port in kind.inputs if port.kind is Kind.RATE}
    amounts = {port.name: np.zeros(count) for port in kind.inputs if port.kind is Kind.AMOUNT}
    for name, value in {"oxytocin_iv_infusion": infusion, "oxytocin_iv_bolus": bolus, **doses}.items():
        place = rates if f"doses.{name}" in rates else amounts
        assert f"doses.{name}" in place
        place[f"doses.{name}"] = np.full(count, value, dtype=float)
    rates["secretion.rate"] = np.full(count, secretion, dtype=float)
    return Inputs(levels(count, physiology__basal_concentration=basal, **(who or body_of())), rates, amounts)


def body_of(name: str = "human_men", **changes: Any) -> dict[str, Any]:
    """Return what the physiology says about a body of the reference weight of a set, at term when the set is."""
    own = resolve.numbers(AdultParameters, [name])
    at_term = float(name.startswith("term"))
    found = {
        "physiology__clearance": own.clearance + own.placental_clearance * at_term,
        "physiology__pregnancy_factor": at_term,
    }
    return found | {f"physiology__{key}": value for key, value in changes.items()}
