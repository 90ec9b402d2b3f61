"""What is exported: the components of an assembled scenario, their state at the start, and their numbers by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from knuffel.assembly import Model, assemble
from knuffel.body.circulation.csf import CerebrospinalFluid
from knuffel.body.circulation.plasma import PlasmaTwoCompartment
from knuffel.body.contract import Component, Inputs, Kind
from knuffel.engine.modes import Part
from knuffel.engine.random import Streams
from knuffel.errors import KnuffelError
from knuffel.scenario.model import Scenario

__all__ = ["Contents", "Number", "Running", "contents", "one"]

_ROOMS = ("physiology", "plasma", "csf", "receptors")
_LEVELS = (Kind.LEVEL, Kind.FRACTION)


@dataclass(frozen=True)
class Number:
    """One number of a component for the exported subject: value, unit, what it means."""

    value: float
    unit: str
    meaning: str


@dataclass(frozen=True)
class Running:
    """A component that runs, its state after `init`, and its numbers by evidence id."""

    component: Any
    state: Any
    numbers: Mapping[str, Number]


@dataclass(frozen=True)
class Contents:
    """A scenario for one subject, the one in ``row``; ``levels`` holds every level at the start by port.

    ``fluid`` and ``receptors`` are None when these rooms do not run.
    """

    scenario: Scenario
    model: Model
    row: int
    levels: Mapping[str, float]
    plasma: Running
    fluid: Running | None
    receptors: Running | None

    def notes(self, *ids: str) -> list[str]:
        """Return a line for each number of the evidence that is in use: value, origin, status, sources."""
        lines = []
        for name in dict.fromkeys(ids):
            found = self.model.resolved.get(name)
            if found is None:
                continue
            value = ", ".join(f"{item:.10g}" for item in np.ravel(found.value))
            sources = ", ".join(found.source) or "none"
            lines.append(f"{name} = {value} {found.unit} ({found.origin}); status: {found.status}; sources: {sources}")
        return lines

    def sources(self) -> set[str]:
        """Return the keys of the sources behind every number of the rooms that are exported."""
        ids = {name for room in _ROOMS for name in self.model.used_by.get(room, ())}
        return {key for name in ids if name in self.model.resolved for key in self.model.resolved[name].source}


def contents(scenario: Scenario, subject: int | None) -> Contents:
    """Assemble a scenario and bring the kinetic rooms to their start.

    ``subject`` counts from 1. Raises `KnuffelError` for several subjects unless one is chosen, a plasma that does not
    run, and an induction that looks at the uterus; `ParameterError` and `WiringError` as a run does.
    """
    count, spec = scenario.subject.count, scenario.rooms["plasma"]
    if subject is None and count > 1:
        raise KnuffelError(f"the scenario has {count} subjects; SBML describes one: --subject 1 to {count}")
    if subject is not None and not 1 <= subject <= count:
        raise KnuffelError(f"there is no subject {subject}; allowed: 1 to {count}")
    if spec.mode != "model":
        raise KnuffelError(f"plasma is {spec.mode}: only a plasma that runs has kinetics to export")
    protocol = scenario.protocol
    if protocol is not None and protocol.rule != "none":
        text = f"the induction {protocol.name} follows the contractions of the uterus, which SBML does not have here; "
        raise KnuffelError(text + "export it with rule: none, or with the steps of an iv_infusion")
    if scenario.rooms["pump"].mode == "prescribed":
        raise KnuffelError("the pump is prescribed; give what it infuses as the steps of an iv_infusion")
    model = assemble(scenario)
    row = 0 if subject is None else subject - 1
    streams = Streams(scenario.seed)
    levels: dict[str, Any] = {}
    running: dict[str, Running] = {}
    for part in model.wiring.parts:
        if part.room not in _ROOMS or part.component is None:
            continue
        state, outputs = part.component.init(model.subjects, _inputs(part, levels, count), streams.of(part.room))
        levels.update({name: np.asarray(value, dtype=np.float64) for name, value in outputs.items()})
        if scenario.rooms[part.room].mode == "model":
            running[part.room] = Running(part.component, state, _numbers(part.component, row))
    plasma, fluid = running["plasma"], running.get("csf")
    for found, kind in ((plasma, PlasmaTwoCompartment), (fluid, CerebrospinalFluid)):
        if found is not None and not isinstance(found.component, kind):
            raise KnuffelError(f"{found.component.room}: the model {found.component.id} cannot be exported")
    return Contents(
        scenario=scenario,
        model=model,
        row=row,
        levels={name: one(value, row) for name, value in levels.items()},
        plasma=plasma,
        fluid=fluid,
        receptors=running.get("receptors"),
    )


def _inputs(part: Part, levels: Mapping[str, Any], count: int) -> Inputs:
    """Return the levels that a part reads at the start; what nobody has given yet is neutral."""
    found = {}
    for port in part.inputs:
        if port.kind in _LEVELS:
            value = levels.get(port.name, np.full(count, np.nan if port.default is None else port.default))
            found[port.name] = (value, value)
    return Inputs(found)


def _numbers(component: Component, row: int) -> dict[str, Number]:
    """Return the numbers of a component by evidence id."""
    found = {}
    for item in fields(component.parameters):
        if "id" in item.metadata:
            value = one(getattr(component.parameters, item.name), row)
            found[item.metadata["id"]] = Number(value, item.metadata["unit"], item.metadata["doc"])
    return found


def one(value: Any, row: int) -> float:
    """Return the number of one subject from a number or an array of shape (subject,)."""
    flat = np.ravel(np.asarray(value, dtype=np.float64))
    return float(flat[row if len(flat) > 1 else 0])
