"""From a scenario to a wired model: which component stands in each room, with which numbers, fed by what.

The one place that knows both the scenario and the body plan. Nothing runs here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Any

import numpy as np

from knuffel.body.contract import Component, Kind, Port, Subjects
from knuffel.body.doses import (
    EVERY_DOSE,
    NASAL,
    NOSE_LAG,
    NOSE_TO_BRAIN,
    SODIUM_PORT,
    WATER,
    WATER_PORT,
    bolus_port,
    infusion_port,
    lag_of,
)
from knuffel.body.plan import ROOMS, component_class
from knuffel.engine.modes import Amount, Part, Piece, ScheduledSource, off_part, prescribed_part
from knuffel.engine.signals import ConstantSignal, EventSignal, FunctionSignal, LevelSignal, TableSignal
from knuffel.engine.wiring import Wiring, connect
from knuffel.errors import Notice
from knuffel.evidence import load
from knuffel.evidence.rate_table import RateTable, rate_table, read_rate_table
from knuffel.evidence.resolve import Override, Resolved, build, resolve, weakest
from knuffel.population import Cohort, draw_cohort
from knuffel.scenario.model import DoseSpec, RoomSpec, Scenario, SignalSpec, StimulusSpec
from knuffel.units import unit_factor

__all__ = ["Model", "assemble"]

_RELEASE_EXPONENTS = {"vasopressin": 3}
"""Exponent of fast calcium in release, where it is not that of oxytocin (code of MacGregor, HypoModel/MagNet)."""

_FIRST_READER = "pump"
"""Doses stand before the first room that reads them."""

_BURST_SLOPES = {"term": "labour", "lactating": "lactation"}
"""Which slope of the human gland holds in bursts, by the state of the subject."""


@dataclass(frozen=True)
class Model:
    """A wired model and where its numbers come from.

    ``resolved`` holds every parameter that is in use; ``used_by`` the parameter ids of each room; ``warm_up`` in ms;
    ``cohort`` what differs between the subjects, when they were drawn.
    """

    wiring: Wiring
    subjects: Subjects
    resolved: Mapping[str, Resolved]
    used_by: Mapping[str, tuple[str, ...]]
    notices: tuple[Notice, ...]
    warm_up: int
    cohort: Cohort | None = None

    def in_use(self) -> list[tuple[str, Resolved]]:
        """Return every number in use by id, sorted; in a cohort of both sexes twice where the sexes differ."""
        every = [self.resolved] if self.cohort is None else list(self.cohort.typical.values())
        return [
            (name, numbers[name])
            for name in sorted(self.resolved)
            for place, numbers in enumerate(every)
            if place == 0 or numbers[name].value != every[0][name].value
        ]

    @property
    def hash(self) -> str:
        """SHA-256 over every number in use and the classes that use them."""
        numbers = {name: (item.value, item.parameter.value, item.unit) for name, item in self.resolved.items()}
        classes = {
            part.room: f"{type(part.component).__module__}.{type(part.component).__qualname__}"
            for part in self.wiring.parts
        }
        digest = sha256(json.dumps([numbers, classes], sort_keys=True).encode())
        for name, drawn in () if self.cohort is None else self.cohort.parameters.items():
            digest.update(name.encode() + drawn.value.tobytes())
        return digest.hexdigest()

    def grades(self, scenario: Scenario) -> dict[str, str]:
        """Return the evidence grade of every output port: the weakest number that it rests on.

        A port downstream of a stimulus also carries the weakest grade (A to D) of the stimuli that act.
        """
        letters = sorted(load.stimuli()[item.kind].grade for item in scenario.stimuli if item.kind in load.stimuli())
        rooms = [part.room for part in self.wiring.parts]
        result = {}
        for place, part in enumerate(self.wiring.parts):
            upstream = {rooms[source] for source in self.wiring.upstream(place)}
            read = {name for room in upstream for name in self.used_by.get(room, ())}
            statuses = [item.status for name, item in self.in_use() if name in read]
            grade = weakest(statuses) if statuses else "prescribed"
            given = any(scenario.rooms[room].mode == "prescribed" for room in upstream if room in scenario.rooms)
            if statuses and given:
                grade += ", part prescribed"
            if letters and "stimuli" in upstream:
                grade += f", stimulus grade {letters[-1]}"
            result.update({port.name: grade for port in part.outputs})
        return result


def assemble(scenario: Scenario) -> Model:
    """Build the model of a scenario. Raises `ParameterError` and `WiringError`."""
    running = [spec for spec in scenario.rooms.values() if spec.mode == "model"]
    classes = {spec.room: component_class(spec.room, spec.model) for spec in running}
    given = _given(scenario)
    used = {room: component.evidence_ids(given) for room, component in classes.items()}
    overrides = {key: value for spec in running for key, value in spec.overrides.items()}
    table = _rate_table(scenario)
    if table is not None:
        overrides |= table.overrides
        for room in (spec.room for spec in running if spec.model == "rate"):
            used[room] += tuple(name for name in table.parameters if name.startswith(f"{room}."))
    held = () if table is None else table.parameters
    wanted = {name for names in used.values() for name in names} | set(overrides) | set(held)
    built = {name for component in classes.values() for name in component.evidence_ids(EVERY_DOSE)}
    everything, notices = resolve(sorted(wanted | built), scenario.sets, overrides)
    resolved = {name: everything[name] for name in sorted(wanted)}
    if table is not None:
        table.check(resolved)
    cohort = _cohort(scenario, sorted(everything), overrides, used, resolved)
    drawn = None if cohort is None else cohort.parameters
    context = _context(scenario, table)
    if cohort is not None and "days_postpartum" in cohort.covariates:
        context["days_postpartum"] = cohort.covariates["days_postpartum"]
    context["psp_rate"] = resolved["neurons.psp_rate"].value if "neurons.psp_rate" in resolved else None
    parts: list[Part] = []
    for room in ROOMS:
        if room == _FIRST_READER:
            parts.append(_doses(scenario, resolved))
        spec = scenario.rooms[room]
        kind = component_class(room, spec.model)
        interval = scenario.engine.intervals.get(room, _flow_interval(kind, scenario))
        if spec.mode == "off":
            parts.append(off_part(kind))
        elif spec.mode == "prescribed":
            cells = int(context.get("cells", 1))
            signals = {name: _signal(signal, cells) for name, signal in spec.outputs.items()}
            parts.append(prescribed_part(kind, signals, interval))
        else:
            component = kind(build(kind.Parameters, everything, drawn), _settings(kind, spec, context))
            parts.append(Part.of(component, interval))
    said = _model_notices(scenario, () if table is None else table.changes)
    said += [notice for part in parts if part.component is not None for notice in part.component.notices()]
    warm_up = scenario.engine.warm_up
    if warm_up is None:
        warm_up = max((part.component.warm_up for part in parts if part.component is not None), default=0)
    return Model(
        wiring=connect(parts),
        subjects=_subjects(scenario, cohort),
        resolved=resolved,
        used_by=used,
        notices=(*scenario.notices, *notices, *said),
        warm_up=warm_up,
        cohort=cohort,
    )


def _cohort(
    scenario: Scenario,
    wanted: Sequence[str],
    overrides: Mapping[str, Override],
    used: Mapping[str, tuple[str, ...]],
    resolved: Mapping[str, Resolved],
) -> Cohort | None:
    """Draw the subjects, each sex around the numbers of its own; None when the scenario has no population."""
    spec, subject = scenario.population, scenario.subject
    if spec is None:
        return None
    typical = {sex: resolve(wanted, sets, overrides)[0] for sex, sets in spec.sets.items()}
    ids = {name for names in used.values() for name in names} & set(resolved)
    return draw_cohort(
        spec, typical, ids, species=subject.species, state=subject.state, sex=subject.sex, seed=scenario.seed
    )


def _flow_interval(kind: type[Component], scenario: Scenario) -> int | None:
    """Return a shorter interval for a model whose flow would else reach a faster reader in lumps, or None."""
    own = kind.coupling_interval
    if own is None or all(port.kind is not Kind.RATE for port in kind.outputs):
        return None
    given = scenario.engine.intervals
    running = [component_class(spec.room, spec.model) for spec in scenario.rooms.values() if spec.mode == "model"]
    fastest = min(given.get(other.room, other.coupling_interval or own) for other in running)
    return fastest if fastest < own else None


def _rate_table(scenario: Scenario) -> RateTable | None:
    """Return the table behind the rates; None when no model reads one. Raises `DataError`, `ParameterError`."""
    spec = scenario.rate_table
    if spec is None:
        return None
    return read_rate_table(spec.path) if spec.path else rate_table(spec.set)


def _model_notices(scenario: Scenario, tabulated: Sequence[str]) -> list[Notice]:
    """Say so when the scale of a gland no longer fits its cells. ``tabulated`` numbers were changed in a rate table."""
    found, neurons = [], scenario.rooms["neurons"]
    scaled = scenario.subject.species == "human" and scenario.rooms["secretion"].model == "secretion-2018"
    if neurons.mode == "model" and neurons.settings.get("recording") is not None and scaled:
        text = "the human gland is scaled to the resting secretion of model cells, not to that of the recorded ones: "
        text += "levels follow the recording, and rest need not give the basal concentration"
        found.append(Notice("gland_scale", text, "neurons"))
    wiring = ("neurons.shared_fraction", "neurons.connections")  # what cells have in common leaves their mean rate
    changed = sorted({*neurons.overrides, *tabulated} - set(wiring))
    changed = [name for name in changed if name.startswith("neurons.")]
    usual = {"decay": "fitted", "slow_input": "off", "dendritic": False}
    changed += [name for name, value in usual.items() if neurons.settings.get(name, value) != value]
    if neurons.mode == "model" and changed and scenario.rooms["secretion"].model in ("secretion-2018", "rate"):
        text = f"with other cells ({', '.join(changed)}) the resting level moves away from the basal concentration: "
        text += "the gland is scaled to the unchanged cells, and the start shows the way to the new level"
        found.append(Notice("gland_scale", text, "neurons"))
    known = load.stimuli()
    releasing = [item.kind for item in scenario.stimuli if item.kind in known and known[item.kind].released_fraction]
    if releasing and neurons.settings.get("dendritic") is not True:
        text = f"{releasing[0]} releases nothing from dendrites: "
        settings = component_class("neurons", neurons.model).Settings
        known_setting = settings is not None and any(item.name == "dendritic" for item in fields(settings))
        text += "they need the setting dendritic of the neurons" if known_setting else f"{neurons.model} has none"
        found.append(Notice("dendritic", text, "stimuli"))
    trains = [item.kind for item in scenario.stimuli if item.kind in known and known[item.kind].profile == "train"]
    inputs = component_class("neurons", neurons.model).inputs
    if trains and neurons.mode == "model" and all(port.name != "stimuli.forced_spike" for port in inputs):
        text = f"{trains[0]} changes nothing: {neurons.model} has no antidromic spikes"
        found.append(Notice("forced_spikes_unheard", text, "stimuli"))
    return found


def _given(scenario: Scenario) -> tuple[tuple[str, str], ...]:
    """Return the (drug, route) pairs of the doses, each once; water is no drug."""
    return tuple(dict.fromkeys((dose.drug, dose.route) for dose in scenario.doses if dose.drug != WATER))


def _subjects(scenario: Scenario, cohort: Cohort | None) -> Subjects:
    subject, count = scenario.subject, scenario.subject.count
    covariates = {} if cohort is None else cohort.covariates
    week = np.nan if subject.gestational_week is None else subject.gestational_week
    return Subjects(
        index=np.arange(count, dtype=np.int64),
        species=subject.species,
        sex=subject.sex,
        weight=covariates.get("weight", np.full(count, subject.weight)),
        gestational_week=covariates.get("gestational_week", np.full(count, week)),
        women=cohort.female if cohort is not None and subject.sex == "mixed" else None,
    )


def _context(scenario: Scenario, table: RateTable | None) -> dict[str, Any]:
    """Return what the `Settings` of any room may ask for by name."""
    neurons = scenario.rooms["neurons"]
    cells = neurons.settings.get("cells")
    context: dict[str, Any] = {
        "species": scenario.subject.species,
        "sex": scenario.subject.sex,
        "state": scenario.subject.state,
        "days_postpartum": scenario.subject.days_postpartum,
        "basal_profile": scenario.subject.basal_profile,
        "burst_slope": _BURST_SLOPES.get(scenario.subject.state, "default"),
        "events": scenario.stimuli,
        "given": _given(scenario),
        "start_clock": float(scenario.start_clock),
        "protocol": scenario.protocol,
        "dose_times": _dose_times(scenario),
        "table": table,
        "release_exponent": _RELEASE_EXPONENTS.get(component_class("neurons", neurons.model).peptide, 2),
    }
    if neurons.mode == "model" and neurons.model == "rate":
        interval = component_class("neurons", "rate").coupling_interval
        context["reader_interval"] = scenario.engine.intervals.get("neurons", interval)
    return context if cells is None else {**context, "cells": cells}


def _dose_times(scenario: Scenario) -> tuple[int, ...]:
    """Return when doses of the drugs that lower the blood pressure begin, change or end, in ms."""
    doses = [dose for dose in scenario.doses if dose.drug in ("oxytocin", "carbetocin")]
    changes = [time for dose in doses for start, end, _ in dose.segments for time in (start, end)]
    return tuple(sorted({*changes, *(time for dose in doses for time, _ in dose.amounts)}))


def _settings(kind: type[Component], spec: RoomSpec, context: Mapping[str, Any]) -> Any:
    if kind.Settings is None:
        return None
    offered = {**context, **spec.settings}
    chosen = {item.name: offered[item.name] for item in fields(kind.Settings) if item.name in offered}
    if "events" in chosen:
        chosen["events"] = _events(spec.room, chosen["events"], context["psp_rate"])
    if "recording" in chosen:
        from knuffel.body.neurons.replay import RecordedSpikes

        held = chosen["recording"]
        chosen["recording"] = RecordedSpikes(held.spike_times, held.spike_cells, held.duration)
    return kind.Settings(**chosen)


def _events(room: str, stimuli: Sequence[StimulusSpec], psp_rate: float | None) -> Any:
    """Return the events of a room: drugs go to the modulators, everything else to the stimuli."""
    known, drugs = load.stimuli(), load.drugs()
    if room == "modulators":
        from knuffel.body.modulators import from_specifications as doses_of

        return doses_of([item for item in stimuli if item.kind in drugs], known)
    from knuffel.body.stimuli import from_specifications

    return from_specifications([item for item in stimuli if item.kind not in drugs], known, psp_rate)


def _doses(scenario: Scenario, resolved: Mapping[str, Resolved]) -> Part:
    """Return the source of all doses; what is absorbed enters its depot after the lag of the route."""
    ports: dict[str, Port] = {}
    amounts: dict[str, list[Amount]] = {}
    rates: dict[str, list[Piece]] = {}
    for dose in scenario.doses:
        for port, factor in _flows(dose) if dose.segments else ():
            ports[port.name] = port
            pieces = [(start, end, rate * factor, dose.subject) for start, end, rate in dose.segments]
            rates.setdefault(port.name, []).extend(pieces)
        if dose.amounts:
            ways = [(bolus_port(dose.drug, dose.route), lag_of(dose.drug, dose.route))]
            ways += [(bolus_port(dose.drug, NOSE_TO_BRAIN), NOSE_LAG)] if dose.route == NASAL else []
            for port, lag in ways:
                later = round(_milliseconds(resolved[lag])) if lag in resolved else 0
                ports[port.name] = port
                amounts.setdefault(port.name, []).extend(
                    (time + later, amount, dose.subject) for time, amount in dose.amounts
                )
    for pieces in rates.values():
        # Rates that overlap add up in the order of time, however they were written: a sum depends on its order.
        pieces.sort(key=lambda piece: piece[0])
    return ScheduledSource.part("doses", tuple(ports.values()), amounts, rates)


def _flows(dose: DoseSpec) -> list[tuple[Port, float]]:
    """Return the ports of a rate, and by what it is multiplied there: water brings its sodium along."""
    if dose.drug == WATER:
        return [(WATER_PORT, 1.0), (SODIUM_PORT, dose.sodium * unit_factor("mmol/L", "mmol/mL"))]
    return [(infusion_port(dose.drug), 1.0)]


def _milliseconds(found: Resolved) -> float:
    assert not isinstance(found.value, tuple)
    return found.value * unit_factor(found.unit, "ms")


def _signal(spec: SignalSpec, cells: int) -> LevelSignal | EventSignal:
    if spec.kind == "constant":
        return ConstantSignal(float(spec.value or 0))
    if spec.kind == "table":
        return TableSignal(tuple(spec.times), tuple(spec.values), step=spec.interpolation == "step")
    if spec.kind == "expression":
        from knuffel.scenario.expression import compile_expression

        return FunctionSignal(compile_expression(str(spec.expression)))
    return EventSignal(tuple(spec.event_times), cells)
