"""Every component of the body plan obeys the contract; nothing here knows which component it is testing."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest

from knuffel.assembly import assemble
from knuffel.body.contract import Component, Events, Inputs, Kind, Port, State, Subjects
from knuffel.body.plan import ROOMS, component_class, models
from knuffel.engine.modes import off_part, prescribed_part
from knuffel.engine.random import Streams
from knuffel.engine.signals import ConstantSignal, EventSignal
from knuffel.errors import KnuffelError
from knuffel.evidence import load
from knuffel.evidence.rate_table import rate_table
from knuffel.evidence.resolve import build, resolve

ALL = [(room, model) for room in ROOMS for model in models(room)]
SETS = {"neurons": ("oxytocin-2018",), "secretion": ("oxytocin-2018",)}
CELLS = 30


@pytest.fixture(params=ALL, ids=[f"{room}/{model}" for room, model in ALL])
def kind(request: pytest.FixtureRequest) -> type[Component]:
    """The class of one component of the body plan."""
    return component_class(*request.param)


def make(kind: type[Component]) -> Component:
    """Return the component with the numbers of the evidence."""
    names = [item.metadata["id"] for item in fields(kind.Parameters)]
    resolved, _ = resolve(names, ("oxytocin-2018", "human_women_np", "induction_ripe"), {})
    settings = None
    if kind.Settings is not None:
        offered: dict[str, Any] = {
            "cells": CELLS,
            "species": "human",
            "events": (),
            "table": rate_table("oxytocin-2018"),
        }
        settings = kind.Settings(**{f.name: offered[f.name] for f in fields(kind.Settings) if f.name in offered})
    return kind(build(kind.Parameters, resolved), settings)


def people(count: int, first: int = 0) -> Subjects:
    return Subjects(
        np.arange(first, first + count, dtype=np.int64),
        weight=np.full(count, 70.0),
        gestational_week=np.full(count, np.nan),
    )


def level_of(port: Port) -> float:
    """Return a plausible value: the neutral one, else something positive inside the range."""
    if port.default is not None and np.isfinite(port.default):
        return float(np.clip(port.default, *port.range))
    return float(np.clip(2.0, *port.range))


def inputs_of(component: Component, count: int, t: int, dt: int, first: int = 0) -> Inputs:
    levels, integrals, amounts, records = {}, {}, {}, {}
    for port in component.inputs:
        if port.kind in (Kind.LEVEL, Kind.FRACTION):
            levels[port.name] = (np.full(count, level_of(port)), np.full(count, level_of(port)))
        elif port.kind is Kind.RATE:
            integrals[port.name] = np.full(count, 3.0 * dt / 1000)
        elif port.kind is Kind.AMOUNT:
            amounts[port.name] = np.full(count, 10.0)
        else:
            times = np.arange(t, t + dt, 97, dtype=np.int64)
            records[port.name] = Events(
                np.tile(times, count), np.repeat(np.arange(count), len(times)), np.tile(times % CELLS, count)
            )
    return Inputs(levels, integrals, amounts, records)


def begin(kind: type[Component], count: int = 2, first: int = 0) -> tuple[Component, Any, Any]:
    component = make(kind)
    streams = Streams(3, kind.room)
    state, levels = component.init(people(count, first), inputs_of(component, count, 0, 0), streams)
    return component, state, levels


def steps(component: Component) -> Iterator[tuple[int, int]]:
    length = component.coupling_interval or 1000
    for place in range(4):
        yield place * length, length


def run(component: Component, state: Any, count: int = 2) -> list[Any]:
    streams = Streams(3, component.room)
    return [component.advance(state, inputs_of(component, count, t, dt), t, dt, streams) for t, dt in steps(component)]


def same(first: Any, second: Any) -> bool:
    if isinstance(first, Events):
        pairs = [(first.time, second.time), (first.subject, second.subject), (first.index, second.index)]
        pairs += [(first.values[name], second.values[name]) for name in first.values]
        return all(np.array_equal(a, b) for a, b in pairs)
    if isinstance(first, tuple):
        return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    return np.array_equal(first, second)


def test_declarations_can_be_read_without_an_instance(kind: type[Component]) -> None:
    assert kind.room in ROOMS and kind.id in models(kind.room)
    assert kind.outputs, "a component gives something"
    heads = {port.name.partition(".")[0] for port in kind.outputs}
    assert not heads & (set(ROOMS) - {kind.room}), "no port bears the name of another room"
    assert all(port.doc for port in (*kind.inputs, *kind.outputs))
    assert kind.coupling_interval is None or kind.coupling_interval > 0
    assert is_dataclass(kind.Parameters) and kind.Parameters.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert issubclass(kind.State, State)
    assert set(kind.citations) <= set(load.sources())


def test_every_parameter_has_evidence_a_unit_and_a_line(kind: type[Component]) -> None:
    for item in fields(kind.Parameters):
        assert item.metadata["id"] in load.parameters()
        assert item.metadata["unit"] and item.metadata["doc"]


def test_the_state_is_arrays_with_the_subject_first(kind: type[Component]) -> None:
    _, state, levels = begin(kind, count=3)
    for name, array in state.arrays().items():
        assert isinstance(array, np.ndarray), name
        assert array.dtype != object and array.shape[:1] == (3,), name
    assert set(levels) <= {port.name for port in kind.outputs if port.kind in (Kind.LEVEL, Kind.FRACTION)}
    assert all(np.shape(value) == (3,) and np.isfinite(value).all() for value in levels.values())


def test_every_output_is_returned_with_its_shape_and_inside_its_range(kind: type[Component]) -> None:
    component, state, _ = begin(kind)
    for outputs in run(component, state):
        assert set(outputs) == {port.name for port in kind.outputs}
        for port in kind.outputs:
            value = outputs[port.name]
            if port.kind is Kind.EVENTS:
                assert isinstance(value, Events)
                assert tuple(value.values) == tuple(name for name, _ in port.columns) or len(value) == 0
                continue
            for array in value if isinstance(value, tuple) else (value,):
                assert array.shape == (2,)
                assert np.isfinite(array).all()
                assert (array >= port.range[0]).all() and (array <= port.range[1]).all()
        assert component.invariants(state, outputs) == []


def test_outputs_never_share_memory_with_the_state(kind: type[Component]) -> None:
    component, state, _ = begin(kind)
    for outputs in run(component, state):
        for name, value in outputs.items():
            arrays = [value] if isinstance(value, np.ndarray) else list(value) if isinstance(value, tuple) else []
            for array in arrays:
                assert not any(np.shares_memory(array, held) for held in state.arrays().values()), name


def test_equal_arguments_give_equal_bits(kind: type[Component]) -> None:
    component, state, _ = begin(kind)
    twin = copy.deepcopy(state)
    for first, second in zip(run(component, state), run(component, twin), strict=True):
        assert all(same(first[name], second[name]) for name in first)
    for name, array in state.arrays().items():
        assert np.array_equal(array, twin.arrays()[name]), name


def test_only_the_state_is_touched(kind: type[Component]) -> None:
    component, state, _ = begin(kind)
    t, dt = next(steps(component))
    given = inputs_of(component, 2, t, dt)
    before = copy.deepcopy((given.levels, given.integrals, given.amounts))
    component.advance(state, given, t, dt, Streams(3, kind.room))
    for old, new in zip(before, (given.levels, given.integrals, given.amounts), strict=True):
        assert all(np.array_equal(old[name], new[name]) for name in old)
    other = make(kind)
    fresh, _ = other.init(people(2), inputs_of(other, 2, 0, 0), Streams(3, kind.room))
    outputs = component.advance(fresh, inputs_of(component, 2, t, dt), t, dt, Streams(3, kind.room))
    second, _ = other.init(people(2), inputs_of(other, 2, 0, 0), Streams(3, kind.room))
    again = other.advance(second, inputs_of(other, 2, t, dt), t, dt, Streams(3, kind.room))
    assert all(same(outputs[name], again[name]) for name in outputs), "a component remembers nothing but its state"


def test_a_subject_alone_equals_itself_in_a_cohort(kind: type[Component]) -> None:
    component, cohort, _ = begin(kind, count=4)
    run(component, cohort, count=4)
    alone_component, alone, _ = begin(kind, count=1, first=2)
    run(alone_component, alone, count=1)
    for name, array in cohort.arrays().items():
        assert np.array_equal(array[2], alone.arrays()[name][0]), name


def test_a_restored_state_continues_with_the_same_bits(kind: type[Component]) -> None:
    component, state, _ = begin(kind)
    streams, path = Streams(3, kind.room), list(steps(component))
    for t, dt in path[:2]:
        component.advance(state, inputs_of(component, 2, t, dt), t, dt, streams)
    fresh_component, restored, _ = begin(kind)
    for name, array in restored.arrays().items():
        array[...] = state.arrays()[name]
    for t, dt in path[2:]:
        first = component.advance(state, inputs_of(component, 2, t, dt), t, dt, streams)
        second = fresh_component.advance(restored, inputs_of(fresh_component, 2, t, dt), t, dt, streams)
        assert all(same(first[name], second[name]) for name in first)


def test_every_component_can_be_off_or_prescribed(kind: type[Component]) -> None:
    off = off_part(kind)
    assert off.component is None and off.neutral == kind.outputs
    signals: dict[str, Any] = {
        port.name: EventSignal((1, 5), CELLS) if port.kind is Kind.EVENTS else ConstantSignal(level_of(port))
        for port in kind.outputs
    }
    part = prescribed_part(kind, signals)
    assert part.component is not None
    state, _ = part.component.init(people(2), Inputs(), Streams(1))
    outputs = part.component.advance(state, Inputs(), 0, 1000, Streams(1))
    assert set(outputs) == {port.name for port in kind.outputs}


@pytest.mark.parametrize("nonsense", [float("nan"), float("inf"), -float("inf")])
def test_nonsense_parameters_are_refused_at_once(kind: type[Component], nonsense: float) -> None:
    from knuffel.evidence.resolve import Override

    for item in fields(kind.Parameters):
        name = item.metadata["id"]
        override = {name: Override(nonsense, load.parameters()[name].unit, "test")}
        with pytest.raises(KnuffelError, match=name.replace(".", r"\.")):
            build(kind.Parameters, resolve([f.metadata["id"] for f in fields(kind.Parameters)], (), override)[0])


def test_the_whole_plan_is_wired() -> None:
    from knuffel.scenario import load_scenario

    model = assemble(load_scenario("labour_infusion"))
    assert [part.room for part in model.wiring.parts if part.room != "doses"] == list(ROOMS)
