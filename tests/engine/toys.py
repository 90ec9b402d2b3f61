"""Small components with exact answers, for the tests of the engine; they know no physiology."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from knuffel.body.contract import Component, Events, Inputs, Kind, Outputs, Port, State, Subjects
from knuffel.engine.loop import Engine
from knuffel.engine.modes import Part
from knuffel.engine.random import Streams
from knuffel.engine.recorder import Recorder, SamplePlan
from knuffel.engine.store import MemorySink, Recorded, Sink
from knuffel.engine.wiring import connect


@dataclass(frozen=True)
class NoParameters:
    """A toy has no numbers of its own."""


@dataclass
class TotalState(State):
    """One number a subject."""

    total: Any


class Ramp(Component):
    """The time in seconds as a level, one unit a second as a rate, and one event at every whole second."""

    room, id = "ramp", "toy"
    inputs = ()
    outputs = (
        Port("ramp.level", "1", Kind.LEVEL, "time in seconds", default=0.0),
        Port("ramp.flow", "pg/s", Kind.RATE, "one a second", default=0.0),
        Port("ramp.tick", "ms", Kind.EVENTS, "whole seconds"),
    )
    Parameters, State = NoParameters, TotalState

    def __init__(self, interval: int | None = 1000) -> None:
        super().__init__(NoParameters())
        self.coupling_interval = interval  # type: ignore[misc]

    def init(self, subjects: Subjects, inputs: Inputs, streams: Any) -> tuple[TotalState, Outputs]:
        return TotalState(np.zeros(len(subjects))), {"ramp.level": np.zeros(len(subjects))}

    def advance(self, state: TotalState, inputs: Inputs, t: int, dt: int, streams: Any) -> Outputs:
        state.total += dt / 1000
        count = len(state.total)
        seconds = np.arange(-(-t // 1000) * 1000, t + dt, 1000, dtype=np.int64)
        zeros = np.zeros(len(seconds), dtype=np.int64)
        return {
            "ramp.level": np.full(count, (t + dt) / 1000),
            "ramp.flow": np.full(count, dt / 1000),
            "ramp.tick": Events(seconds, zeros, zeros),
        }


class Sum(Component):
    """Integrates the level (exactly, when it is linear), the flow and the events; adds a random walk."""

    room, id = "sum", "toy"
    inputs = (
        Port("ramp.level", "1", Kind.LEVEL, "time in seconds"),
        Port("ramp.flow", "pg/s", Kind.RATE, "one a second", default=0.0),
        Port("ramp.tick", "ms", Kind.EVENTS, "whole seconds", default=0.0),
    )
    outputs = (
        Port("sum.area", "1", Kind.LEVEL, "integral of the level", default=0.0),
        Port("sum.mass", "pg", Kind.LEVEL, "integral of the flow", default=0.0),
        Port("sum.count", "1", Kind.LEVEL, "number of events", default=0.0),
        Port("sum.walk", "1", Kind.LEVEL, "a random walk", default=0.0),
    )
    Parameters = NoParameters

    @dataclass
    class State(State):
        """Four sums and the place in the cohort."""

        area: Any
        mass: Any
        count: Any
        walk: Any
        index: Any

    def __init__(self, interval: int | None = 1000) -> None:
        super().__init__(NoParameters())
        self.coupling_interval = interval  # type: ignore[misc]

    def init(self, subjects: Subjects, inputs: Inputs, streams: Any) -> tuple[Any, Outputs]:
        zeros = [np.zeros(len(subjects)) for _ in range(4)]
        state = self.State(*zeros, np.array(subjects.index))
        return state, self._levels(state)

    def _levels(self, state: Any) -> Outputs:
        return {f"sum.{name}": getattr(state, name).copy() for name in ("area", "mass", "count", "walk")}

    def advance(self, state: Any, inputs: Inputs, t: int, dt: int, streams: Any) -> Outputs:
        state.area += inputs.mean("ramp.level") * dt / 1000
        state.mass += inputs.integral("ramp.flow")
        state.count += len(inputs.events("ramp.tick"))
        state.walk += streams("walk").normal(t & 0xFFFFFFFF, subject=state.index)
        return self._levels(state)


class Watcher(Component):
    """Stands before the ramp and reads its events as they come back: how many, and the sum of their times."""

    room, id = "watcher", "toy"
    inputs = (Port("ramp.tick", "ms", Kind.EVENTS, "whole seconds", default=0.0, feedback=True),)
    outputs = (
        Port("watcher.count", "1", Kind.LEVEL, "number of events", default=0.0),
        Port("watcher.moment", "1", Kind.LEVEL, "sum of their times in ms", default=0.0),
    )
    Parameters = NoParameters

    @dataclass
    class State(State):
        """Two sums."""

        count: Any
        moment: Any

    def __init__(self, interval: int | None = 1000) -> None:
        super().__init__(NoParameters())
        self.coupling_interval = interval  # type: ignore[misc]
        self.told: list[tuple[int, int]] = []

    def init(self, subjects: Subjects, inputs: Inputs, streams: Any) -> tuple[Any, Outputs]:
        state = self.State(np.zeros(len(subjects)), np.zeros(len(subjects)))
        return state, {"watcher.count": state.count.copy(), "watcher.moment": state.moment.copy()}

    def advance(self, state: Any, inputs: Inputs, t: int, dt: int, streams: Any) -> Outputs:
        record = inputs.events("ramp.tick")
        self.told += [(time, t + dt) for time in record.time.tolist()]
        state.count += len(record)
        state.moment += record.time.sum()
        return {"watcher.count": state.count.copy(), "watcher.moment": state.moment.copy()}


def engine_of(
    parts: list[Part],
    *,
    end: int = 60_000,
    begin: int = 0,
    every: int = 10_000,
    subjects: int = 2,
    first: int = 0,
    samples: tuple[SamplePlan, ...] = (),
    sink: Sink | None = None,
    seed: int = 5,
    debug: bool = True,
    edges: tuple[int, ...] = (),
) -> Engine:
    """Wire the parts and return an engine that records every level and rate, and the events."""
    wiring = connect(parts)
    ports = [port for part in wiring.parts for port in part.outputs]
    recorder = Recorder(
        sink or MemorySink(),
        subjects=subjects,
        ports=[port for port in ports if port.kind not in (Kind.EVENTS, Kind.AMOUNT)],
        event_ports=[port for port in ports if port.kind is Kind.EVENTS],
        samples=samples,
        every=every,
        end=end,
    )
    people = Subjects(np.arange(first, first + subjects, dtype=np.int64))
    return Engine(wiring, people, Streams(seed), recorder, begin=begin, end=end, edges=edges, debug=debug)


def run(parts: list[Part], **options: Any) -> Recorded:
    """Run to the end and return the record."""
    engine = engine_of(parts, **options)
    engine.start()
    assert engine.run()
    return engine.recorder.finish({})


def values(recorded: Recorded, name: str) -> Any:
    """Return the data of a variable as a numpy array."""
    return np.asarray(recorded.variables[name].data)
