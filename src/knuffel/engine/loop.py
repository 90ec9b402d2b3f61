"""The engine: advances every part from boundary to boundary and carries values across the ports.

At each time the parts that are due are advanced in the order of the signal. A reader that is slower than its producer
gets the value at both ends of its own interval and the sum of all flows in between; a reader that is faster than its
producer sees the last value (zero-order hold). Edges (doses, stimulus edges, samples, recording times) split every
interval.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import Events, Floats, Inputs, Kind, Port, Subjects
from knuffel.engine.clock import Clock
from knuffel.engine.random import Streams
from knuffel.engine.recorder import Recorder
from knuffel.engine.wiring import Connection, Wiring
from knuffel.errors import ComponentError, Notice, NumericalError

__all__ = ["Engine"]

_LEVELS = (Kind.LEVEL, Kind.FRACTION)


class _Edge:
    """What waits for one reader at one input port."""

    __slots__ = ("kind", "name", "neutral", "pieces", "start", "total")

    def __init__(self, connection: Connection, subjects: int) -> None:
        self.name, self.kind = connection.port.name, connection.port.kind
        self.neutral = np.full(subjects, connection.neutral)
        self.start: Floats | None = None
        self.total: Floats | None = None
        self.pieces: list[Events] = []

    def flow(self, dt: int) -> Floats:
        """Return what flows through the port over ``dt`` ms when nothing was delivered."""
        return self.neutral * (dt / 1000) if self.kind is Kind.RATE else self.neutral


class _Runner:
    """One part while it runs: its state, the time it has reached, its edges in and out."""

    __slots__ = ("component", "interval", "last", "outputs", "part", "sources", "state", "streams", "time")

    def __init__(self, wiring: Wiring, place: int, streams: Streams) -> None:
        self.part = wiring.parts[place]
        assert self.part.component is not None
        self.component = self.part.component
        self.interval = wiring.intervals[place]
        self.streams = streams.of(self.part.room)
        self.sources: list[_Edge] = []
        self.outputs: list[tuple[str, Kind, list[_Edge]]] = []
        self.state: Any = None
        self.last: Mapping[str, Any] | None = None
        self.time = 0


class Engine:
    """A wired model of some subjects, moving through time.

    ``begin`` and ``end`` are engine ms (begin < 0 when there is a warm-up); ``edges`` are the irregular times beyond
    those that the parts declare. In ``debug`` mode shapes, ranges and invariants are checked at every interval.
    """

    def __init__(
        self,
        wiring: Wiring,
        subjects: Subjects,
        streams: Streams,
        recorder: Recorder,
        *,
        begin: int,
        end: int,
        edges: Sequence[int] = (),
        debug: bool = False,
    ) -> None:
        self.subjects, self.recorder, self.debug = subjects, recorder, debug
        self._count = len(subjects)
        places = [place for place, part in enumerate(wiring.parts) if part.component is not None]
        runners = {place: _Runner(wiring, place, streams) for place in places}
        self._runners = list(runners.values())
        self._ends: dict[str, Floats] = {}
        self._ports = {port.name: port for part in wiring.parts for port in part.outputs}
        self._means = {port.name: np.zeros(self._count) for port in recorder.ports if port.kind is Kind.RATE}
        self._connect(wiring, runners)
        own = [edge for runner in self._runners for edge in runner.component.edges()]
        sampled = [time for plan in recorder.samples for time in plan.times]
        self.clock = Clock(begin, end, wiring.intervals, [*own, *edges, *sampled, *recorder.also, 0], recorder.every)
        self._sampled = set(sampled)
        self.time = begin
        self._recorded = begin

    def _connect(self, wiring: Wiring, runners: Mapping[int, _Runner]) -> None:
        waiting: dict[str, list[_Edge]] = {name: [] for name in self._ports}
        for place, runner in runners.items():
            for connection in wiring.sources(place):
                edge = _Edge(connection, self._count)
                runner.sources.append(edge)
                if connection.producer is not None:
                    waiting[edge.name].append(edge)
                else:
                    self._ends.setdefault(edge.name, edge.neutral)
        for runner in runners.values():
            runner.outputs = [(port.name, port.kind, waiting[port.name]) for port in runner.part.outputs]

    def start(self) -> None:
        """Bring every part to its resting state at the begin of the run, in the order of the signal."""
        self._initialise()
        if self.time == 0:
            self._record(0)
            self.recorder.sample(0, self._ends)

    def _initialise(self) -> None:
        for port in self._ports.values():
            if port.kind in _LEVELS:
                self._ends[port.name] = np.full(self._count, np.nan if port.default is None else port.default)
        for runner in self._runners:
            levels = {}
            for edge in runner.sources:
                if edge.kind in _LEVELS:
                    value = self._ends[edge.name]
                    levels[edge.name] = (value, value)
            runner.state, outputs = runner.component.init(self.subjects, Inputs(levels), runner.streams)
            runner.time = self.time
            for name, value in outputs.items():
                self._ends[name] = np.asarray(value, dtype=np.float64)

    def run(self, *, pause: Callable[[int], bool] | None = None) -> bool:
        """Advance to the end. ``pause`` is asked after every step, with the time; when it says yes, stop there.

        Returns True when the end is reached. Raises `NumericalError` or `ComponentError`.
        """
        clock = self.clock
        while self.time < clock.end:
            t, is_edge = clock.next(self.time)
            self._step(t, is_edge)
            self.time = t
            if is_edge:
                if t == clock.next_record(self._recorded) or t == clock.end or t in self.recorder.also:
                    self._record(t)
                if t in self._sampled:
                    self.recorder.sample(t, self._ends)
            if pause is not None and pause(t):
                return self.time >= clock.end
        self.check()
        return True

    def _step(self, t: int, is_edge: bool) -> None:
        for runner in self._runners:
            if is_edge or (runner.interval is not None and t % runner.interval == 0):
                inputs = self._inputs(runner, t - runner.time)
                outputs = runner.component.advance(runner.state, inputs, runner.time, t - runner.time, runner.streams)
                runner.time, runner.last = t, outputs
                self._deliver(runner, outputs)
                if self.debug:
                    self._check(runner, outputs, t)

    def _inputs(self, runner: _Runner, dt: int) -> Inputs:
        levels: dict[str, tuple[Floats, Floats]] = {}
        flows: dict[Kind, dict[str, Floats]] = {Kind.RATE: {}, Kind.AMOUNT: {}}
        records: dict[str, Events] = {}
        for edge in runner.sources:
            if edge.kind in _LEVELS:
                end = self._ends[edge.name]
                levels[edge.name] = (end if edge.start is None else edge.start, end)
                edge.start = None
            elif edge.kind is Kind.EVENTS:
                records[edge.name] = _join(edge.pieces)
                edge.pieces = []
            else:
                flows[edge.kind][edge.name] = edge.flow(dt) if edge.total is None else edge.total
                edge.total = None
        return Inputs(levels, flows[Kind.RATE], flows[Kind.AMOUNT], records)

    def _deliver(self, runner: _Runner, outputs: Mapping[str, Any]) -> None:
        ends = self._ends
        for name, kind, edges in runner.outputs:
            try:
                value = outputs[name]
            except KeyError:
                raise ComponentError(f"{runner.part.room} ({runner.component.id}) did not return {name}") from None
            if kind in _LEVELS:
                start, end = value if type(value) is tuple else (ends[name], value)
                ends[name] = end
                for edge in edges:
                    if edge.start is None:
                        edge.start = start
            elif kind is Kind.EVENTS:
                if len(value):
                    for edge in edges:
                        edge.pieces.append(value)
                    if name in self.recorder.event_names and runner.time > 0:
                        self.recorder.events(name, value)
            else:
                for edge in edges:
                    edge.total = value if edge.total is None else edge.total + value
                if name in self._means:
                    self._means[name] = self._means[name] + value

    def _record(self, t: int) -> None:
        span = (t - self._recorded) / 1000
        values = dict(self._ends)
        for name, total in self._means.items():
            values[name] = total / span if span > 0 else np.full(self._count, np.nan)
            self._means[name] = np.zeros(self._count)
        self._recorded = t
        if t >= 0:
            self.recorder.record(t, values)

    def findings(self) -> tuple[Notice, ...]:
        """Return what the components have to say about the run so far."""
        return tuple(notice for runner in self._runners for notice in runner.component.findings(runner.state))

    def check(self) -> None:
        """Look at every state, law and record once. Raises `NumericalError` naming component, variable and time."""
        self.recorder.check()
        for runner in self._runners:
            for name, array in runner.state.arrays().items():
                if array.dtype.kind == "f" and not np.isfinite(array).all():
                    place = f"{runner.part.room} ({runner.component.id})"
                    raise NumericalError(f"{place}: {name} is not finite at {self.time / 1000:g} s")
            if runner.last is not None:
                self._check_laws(runner, runner.last, self.time)

    def _check(self, runner: _Runner, outputs: Mapping[str, Any], t: int) -> None:
        label = f"{runner.part.room} ({runner.component.id}) at {t / 1000:g} s"
        for port in runner.part.outputs:
            _check_output(label, port, outputs[port.name], self._count)
        self._check_laws(runner, outputs, t)

    def _check_laws(self, runner: _Runner, outputs: Mapping[str, Any], t: int) -> None:
        label = f"{runner.part.room} ({runner.component.id}) at {t / 1000:g} s"
        for violation in runner.component.invariants(runner.state, dict(outputs)):
            raise NumericalError(f"{label}: {violation.variable}, subject {violation.subject}: {violation.message}")

    def snapshot(self) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
        """Return every array and counter that `restore` needs to continue bit for bit."""
        recorded, counters = self.recorder.snapshot()
        arrays = {f"recorder/{name}": array for name, array in recorded.items()}
        arrays.update({f"end/{name}": array for name, array in self._ends.items()})
        arrays.update({f"mean/{name}": array for name, array in self._means.items()})
        for runner in self._runners:
            room = runner.part.room
            arrays.update({f"state/{room}/{name}": array for name, array in runner.state.arrays().items()})
            for edge in runner.sources:
                for label, array in (("start", edge.start), ("total", edge.total)):
                    if array is not None:
                        arrays[f"{label}/{room}/{edge.name}"] = array
                if edge.pieces:
                    piece = _join(edge.pieces)
                    here = f"events/{room}/{edge.name}"
                    arrays.update({f"{here}/{name}": getattr(piece, name) for name in ("time", "subject", "index")})
                    arrays.update({f"{here}/values/{name}": column for name, column in piece.values.items()})
        times = {runner.part.room: runner.time for runner in self._runners}
        return arrays, {"time": self.time, "recorded": self._recorded, "times": times, "recorder": counters}

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]], meta: Mapping[str, Any]) -> None:
        """Continue from a snapshot of the same model."""
        self._initialise()
        self.time, self._recorded = int(meta["time"]), int(meta["recorded"])
        self._ends.update(_under("end/", arrays))
        self._means.update(_under("mean/", arrays))
        for runner in self._runners:
            room = runner.part.room
            runner.time = int(meta["times"][room])
            for name, array in runner.state.arrays().items():
                array[...] = arrays[f"state/{room}/{name}"]
            for edge in runner.sources:
                edge.start, edge.total = (arrays.get(f"{label}/{room}/{edge.name}") for label in ("start", "total"))
                columns = _under(f"events/{room}/{edge.name}/", arrays)
                values = {key[len("values/") :]: columns.pop(key) for key in list(columns) if key.startswith("values/")}
                edge.pieces = [Events(**columns, values=values)] if columns else []
        self.recorder.restore(_under("recorder/", arrays), meta["recorder"])


def _under(prefix: str, arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    return {name[len(prefix) :]: array for name, array in arrays.items() if name.startswith(prefix)}


def _join(pieces: Sequence[Events]) -> Events:
    """Return the pieces of several intervals as one record, sorted by subject, then time, then index."""
    if len(pieces) == 1:
        return pieces[0]
    if not pieces:
        return Events.none()
    time, subject, index = (
        np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("time", "subject", "index")
    )
    order = np.lexsort((index, time, subject))
    values = {name: np.concatenate([piece.values[name] for piece in pieces])[order] for name in pieces[0].values}
    return Events(time[order], subject[order], index[order], values)


def _check_output(label: str, port: Port, value: Any, count: int) -> None:
    if port.kind is Kind.EVENTS:
        if not isinstance(value, Events):
            raise ComponentError(f"{label}: {port.name} has to be Events, not {type(value).__name__}")
        return
    for array in value if type(value) is tuple else (value,):
        if not isinstance(array, np.ndarray) or array.shape != (count,):
            raise ComponentError(f"{label}: {port.name} has shape {np.shape(array)}, wanted ({count},)")
        low, high = port.range
        if not (np.isfinite(array).all() and (array >= low).all() and (array <= high).all()):
            raise NumericalError(f"{label}: {port.name} is outside {low:g} … {high:g} {port.unit}: {array[:5]}")
