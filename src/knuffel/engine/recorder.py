"""The recorder: takes the values of ports while the engine runs and hands them on in whole blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import Events, Kind, Port
from knuffel.engine.store import Recorded, Sink, Variable
from knuffel.errors import NumericalError

__all__ = ["Recorder", "SamplePlan"]

_BLOCK_VALUES = 2**18
_EVENT_BLOCK = 2**17
_COLUMN_TEXT = {"subject": "row of the subject", "index": "neuron or running number"}


@dataclass(frozen=True)
class SamplePlan:
    """Read the level ``port`` at ``times`` (ms, ascending), under the name ``name``, and the levels ``beside`` it."""

    name: str
    port: Port
    times: tuple[int, ...]
    beside: tuple[Port, ...] = ()

    @property
    def readings(self) -> dict[str, Port]:
        """What is read: ``truth`` and, by the last part of their names, the ports beside it."""
        return {"truth": self.port, **{port.name.rpartition(".")[2]: port for port in self.beside}}


@dataclass
class _EventBuffer:
    """Events that do not fill a block yet: a list of pieces by column, joined when a block is full."""

    port: Port
    written: int = 0
    waiting: int = 0
    pieces: dict[str, list[npt.NDArray[Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pieces = {name: [] for name, _, _ in self.layout()}

    def layout(self) -> list[tuple[str, str, str]]:
        """Return name, unit and dtype of each column."""
        fixed = [("time", "ms", "int64"), ("subject", "1", "int64"), ("index", "1", "int64")]
        return fixed + [(name, unit, "float64") for name, unit in self.port.columns]

    def append(self, events: Events) -> None:
        """Add a piece."""
        fresh = {"time": events.time, "subject": events.subject, "index": events.index, **events.values}
        for name, pieces in self.pieces.items():
            pieces.append(fresh[name])
        self.waiting += len(events)

    def joined(self, name: str) -> npt.NDArray[Any]:
        """Return what is waiting in a column as one array."""
        pieces = self.pieces[name]
        if len(pieces) != 1:
            dtype = next(kind for column, _, kind in self.layout() if column == name)
            pieces[:] = [np.concatenate(pieces) if pieces else np.zeros(0, dtype=dtype)]
        return pieces[0]


class Recorder:
    """Records levels and mean rates every ``every`` ms, events as they come, and samples at their own times.

    ``also`` are further recording times: the ends of doses, where a level has a peak between two regular times.

    Arrays are (subject, time); events are flat columns time, subject, index and values.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        subjects: int,
        ports: Sequence[Port],
        event_ports: Sequence[Port],
        samples: Sequence[SamplePlan],
        every: int,
        end: int,
        also: Sequence[int] = (),
    ) -> None:
        self.every, self.end = every, end
        self.also = frozenset(time for time in also if 0 < time < end and time % every)
        self.ports = tuple(ports)
        self.samples = tuple(samples)
        self._sink = sink
        self._count = end // every + 1 + (1 if end % every else 0) + len(self.also)
        self._block = int(max(1, min(4096, _BLOCK_VALUES // max(subjects, 1))))
        self._place = 0
        # Subjects last: a record then goes to one stretch of memory for each port.
        self._buffer = np.full((len(self.ports), self._block, subjects), np.nan)
        self._times = np.zeros(self._block, dtype=np.int64)
        self._read = {
            f"{plan.name}.{what}": np.full((subjects, len(plan.times)), np.nan)
            for plan in self.samples
            for what in plan.readings
        }
        self._events = {port.name: _EventBuffer(port) for port in event_ports}
        sink.create(Variable("time", ("time",), "ms", "time", None), (self._count,), self._block, "int64")
        for port in self.ports:
            note = f"{port.doc} (mean over the recording interval)" if port.kind is Kind.RATE else port.doc
            variable = Variable(port.name, ("subject", "time"), port.unit, note, None)
            sink.create(variable, (subjects, self._count), self._block, "float64")
        for name, buffer in self._events.items():
            for column, unit, dtype in buffer.layout():
                text = f"{buffer.port.doc}: {_COLUMN_TEXT.get(column, column)}"
                sink.create(Variable(f"{name}.{column}", (name,), unit, text, None), (None,), _EVENT_BLOCK, dtype)

    @property
    def event_names(self) -> frozenset[str]:
        """The event ports that are recorded."""
        return frozenset(self._events)

    def record(self, t: int, values: Mapping[str, npt.NDArray[np.float64]]) -> None:
        """Take the values of all ports at time ``t``. Raises `NumericalError` when one of the block is not finite."""
        slot = self._place % self._block
        self._times[slot] = t
        for row, port in enumerate(self.ports):
            self._buffer[row, slot] = values[port.name]
        self._place += 1
        if self._place % self._block == 0:
            self._write_block(self._block)

    def _write_block(self, length: int) -> None:
        start = self._place - length
        self.check(length)
        self._sink.write("time", start, self._times[:length])
        for row, port in enumerate(self.ports):
            self._sink.write(port.name, start, self._buffer[row, :length].T)

    def check(self, length: int | None = None) -> None:
        """Refuse numbers that are not finite among the first ``length`` of the block, by default all that wait.

        At time zero a mean rate is not defined when there was no warm-up. Raises `NumericalError`.
        """
        length = self._place % self._block if length is None else length
        block = self._buffer[:, :length]
        if np.isfinite(block).all():
            return
        rows, slots, subjects = np.nonzero(~np.isfinite(block) & (self._times[:length, None] > 0))
        if len(rows):
            first = int(np.argmin(self._times[slots]))
            name, seconds = self.ports[rows[first]].name, self._times[slots[first]] / 1000
            found = block[rows[first], slots[first], subjects[first]]
            raise NumericalError(f"{name} is not a finite number at {seconds:g} s: {found}, subject {subjects[first]}")

    def sample(self, t: int, levels: Mapping[str, npt.NDArray[np.float64]]) -> None:
        """Take the samples that are due at time ``t``."""
        for plan in self.samples:
            place = int(np.searchsorted(plan.times, t))
            while place < len(plan.times) and plan.times[place] == t:
                for what, port in plan.readings.items():
                    self._read[f"{plan.name}.{what}"][:, place] = levels[port.name]
                place += 1

    def events(self, name: str, events: Events) -> None:
        """Append events of the port ``name``."""
        buffer = self._events[name]
        buffer.append(events)
        if buffer.waiting >= _EVENT_BLOCK:
            self._flush_events(name, buffer.waiting // _EVENT_BLOCK * _EVENT_BLOCK)

    def _flush_events(self, name: str, length: int) -> None:
        buffer = self._events[name]
        for column in buffer.pieces:
            data = buffer.joined(column)
            for start in range(0, length, _EVENT_BLOCK):
                piece = data[start : min(start + _EVENT_BLOCK, length)]
                self._sink.write(f"{name}.{column}", buffer.written + start, piece)
            buffer.pieces[column] = [data[length:]]
        buffer.written += length
        buffer.waiting -= length

    def finish(self, attributes: Mapping[str, Any]) -> Recorded:
        """Write what is left and return the finished record."""
        rest = self._place % self._block
        if rest:
            self._write_block(rest)
        lengths = {}
        for name, buffer in self._events.items():
            if buffer.waiting:
                self._flush_events(name, buffer.waiting)
            lengths.update({f"{name}.{column}": buffer.written for column in buffer.pieces})
        self.put(self.sample_variables())
        return self._sink.finish(lengths, attributes)

    def _put(self, variable: Variable) -> None:
        data = variable.data
        self._sink.create(variable, data.shape, max(data.shape[-1], 1), str(data.dtype))
        if data.size:
            self._sink.write(variable.name, 0, data)

    def put(self, variables: Sequence[Variable]) -> None:
        """Add finished variables (observations) before `finish`."""
        for variable in variables:
            self._put(variable)

    def sample_variables(self) -> list[Variable]:
        """Return the times and the true values (subject, sample) of every sample plan."""
        variables = []
        for plan in self.samples:
            dim, times = f"sample.{plan.name}", np.array(plan.times, dtype=np.int64)
            variables.append(Variable(f"{dim}.time", (dim,), "ms", "sampling time", times))
            for what, port in plan.readings.items():
                text, data = f"{port.doc}, at the sampling times", self._read[f"{plan.name}.{what}"]
                variables.append(Variable(f"{dim}.{what}", ("subject", dim), port.unit, text, data))
        return variables

    def snapshot(self) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
        """Return the unwritten rest and the counters."""
        arrays: dict[str, npt.NDArray[Any]] = {"buffer": self._buffer.copy(), "times": self._times.copy()}
        arrays.update({f"sample/{name}": values.copy() for name, values in self._read.items()})
        for name, buffer in self._events.items():
            arrays.update({f"events/{name}/{column}": buffer.joined(column) for column in buffer.pieces})
        written = {name: buffer.written for name, buffer in self._events.items()}
        return arrays, {"place": self._place, "written": written}

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]], meta: Mapping[str, Any]) -> None:
        """Continue from a snapshot."""
        self._buffer[...], self._times[...] = arrays["buffer"], arrays["times"]
        self._place = int(meta["place"])
        for name, values in self._read.items():
            values[...] = arrays[f"sample/{name}"]
        for name, buffer in self._events.items():
            buffer.written = int(meta["written"][name])
            for column in buffer.pieces:
                buffer.pieces[column] = [arrays[f"events/{name}/{column}"]]
            buffer.waiting = len(buffer.joined("time"))
