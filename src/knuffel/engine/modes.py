"""The three modes of every component: `model` runs it, `prescribed` replaces its outputs, `off` is silent.

`ScheduledSource` serves doses: amounts at given times and piecewise constant rates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from knuffel.body.contract import Component, Events, Inputs, Kind, Outputs, Port, RandomStreams, State, Subjects
from knuffel.engine.signals import EventSignal, LevelSignal
from knuffel.errors import WiringError, nearest

__all__ = ["Amount", "Part", "Piece", "PrescribedOutputs", "ScheduledSource", "off_part", "prescribed_part"]


Amount = tuple[int, float, int | None]
"""When (ms), how much, and for which row of the subjects (None: for all)."""

Piece = tuple[int, int, float, int | None]
"""From when to when (ms), at which rate, and for which row."""


@dataclass(frozen=True)
class Part:
    """One place in the model: the room, the component that stands there, its ports, and its coupling interval in ms.

    ``neutral`` holds output ports that nobody produces in this mode; readers get their default value. An ``exact`` part
    is right for any step, so its interval (None: no limit) is only the longest it may take.
    """

    room: str
    component: Component | None
    outputs: tuple[Port, ...]
    inputs: tuple[Port, ...] = ()
    interval: int | None = None
    neutral: tuple[Port, ...] = ()
    exact: bool = False

    @classmethod
    def of(cls, component: Component, interval: int | None = None) -> Part:
        """Return the part of a running component; ``interval`` replaces the declared one."""
        return cls(
            room=component.room,
            component=component,
            outputs=component.outputs,
            inputs=component.inputs,
            interval=interval or component.coupling_interval or component.longest_interval,
            exact=component.coupling_interval is None,
        )


@dataclass
class NoState(State):
    """The state of a part that remembers nothing but how many subjects there are."""

    subject: Any


class PrescribedOutputs(Component):
    """Plays signals in place of a component's outputs; the same signal for every subject."""

    id = "prescribed"
    State = NoState

    def __init__(self, outputs: Sequence[Port], signals: Mapping[str, LevelSignal | EventSignal]) -> None:
        super().__init__(parameters=None)
        self._ports = tuple(outputs)
        self._signals = dict(signals)

    def edges(self) -> Sequence[int]:
        """Return the edges of all signals."""
        return [time for signal in self._signals.values() for time in signal.edges()]

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[NoState, Outputs]:
        """Return the levels at time zero."""
        count = len(subjects)
        levels: Outputs = {}
        for port in self._ports:
            if port.kind in (Kind.LEVEL, Kind.FRACTION):
                levels[port.name] = np.full(count, cast("LevelSignal", self._signals[port.name]).limits(0, 0)[0])
        return NoState(np.arange(count)), levels

    def advance(self, state: NoState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Return the signals over [t, t + dt)."""
        count, outputs = len(state.subject), Outputs()
        for port in self._ports:
            signal = self._signals[port.name]
            if isinstance(signal, EventSignal):
                outputs[port.name] = _repeat(signal, count, t, t + dt)
            elif port.kind is Kind.RATE:
                outputs[port.name] = np.full(count, signal.integral(t, t + dt))
            else:
                start, end = signal.limits(t, t + dt)
                outputs[port.name] = (np.full(count, start), np.full(count, end))
        return outputs


def _repeat(signal: EventSignal, subjects: int, t: int, end: int) -> Events:
    times = signal.between(t, end)
    rows = len(times) * signal.count
    return Events(
        time=np.tile(np.repeat(times, signal.count), subjects),
        subject=np.repeat(np.arange(subjects, dtype=np.int64), rows),
        index=np.tile(np.arange(signal.count, dtype=np.int64), len(times) * subjects),
    )


def prescribed_part(
    component: type[Component], signals: Mapping[str, LevelSignal | EventSignal], interval: int | None = None
) -> Part:
    """Return a part that plays ``signals`` (by port name) instead of running ``component``.

    Outputs that are not given are neutral. Raises `WiringError` for a port the component does not have, or a signal
    of the wrong kind for its port.
    """
    ports = {port.name: port for port in component.outputs}
    for name, signal in signals.items():
        if name not in ports:
            raise WiringError(f"{component.room} has no output {name!r}; nearest: {nearest(name, ports)}")
        if isinstance(signal, EventSignal) != (ports[name].kind is Kind.EVENTS):
            raise WiringError(f"{name} is a port of kind {ports[name].kind}: the prescribed signal does not fit")
    given = tuple(port for port in component.outputs if port.name in signals)
    player = PrescribedOutputs(given, signals)
    needed = [signal.interval for signal in signals.values() if signal.interval is not None]
    return Part(
        room=component.room,
        component=player,
        outputs=given,
        interval=interval or min(needed, default=None),
        neutral=tuple(port for port in component.outputs if port.name not in signals),
        exact=True,
    )


def off_part(component: type[Component]) -> Part:
    """Return a part whose outputs are all neutral."""
    return Part(room=component.room, component=None, outputs=(), neutral=component.outputs)


class ScheduledSource(Component):
    """Amounts at given times and piecewise constant rates, by port: doses.

    ``amounts`` maps an amount port to (time ms, quantity, row) and ``rates`` a rate port to (start ms, end ms, rate,
    row); they add where they overlap. A row of None stands for every subject.
    """

    id = "schedule"
    State = NoState

    def __init__(
        self, ports: Sequence[Port], amounts: Mapping[str, Sequence[Amount]], rates: Mapping[str, Sequence[Piece]]
    ) -> None:
        super().__init__(parameters=None)
        self._amounts: dict[str, dict[int, list[tuple[float, int | None]]]] = {}
        for port in ports:
            if port.kind is Kind.AMOUNT:
                times = self._amounts.setdefault(port.name, {})
                for time, quantity, row in amounts.get(port.name, ()):
                    times.setdefault(time, []).append((quantity, row))
        self._rates = {port.name: tuple(rates.get(port.name, ())) for port in ports if port.kind is Kind.RATE}
        self._spans = {
            name: np.array([piece[:2] for piece in pieces], dtype=np.int64).reshape(-1, 2)
            for name, pieces in self._rates.items()
        }

    def edges(self) -> Sequence[int]:
        """Return every dose time."""
        times = [time for given in self._amounts.values() for time in given]
        return times + [time for pieces in self._rates.values() for piece in pieces for time in piece[:2]]

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[NoState, Outputs]:
        """Return an empty state; doses have no levels."""
        return NoState(np.arange(len(subjects))), {}

    def advance(self, state: NoState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Return what is given at ``t`` and the integral of the rates over [t, t + dt)."""
        outputs = Outputs()
        for name, times in self._amounts.items():
            outputs[name] = _sum(times.get(t, ()), len(state.subject))
        for name, pieces in self._rates.items():
            # Searched as arrays: a table of doses of many subjects has thousands of pieces, most of them over.
            begin, end = self._spans[name].T
            running = [pieces[place][2:] for place in np.flatnonzero((begin <= t) & (t < end))]
            outputs[name] = _sum([(rate * dt / 1000, row) for rate, row in running], len(state.subject))
        return outputs

    @staticmethod
    def part(
        room: str, ports: Sequence[Port], amounts: Mapping[str, Sequence[Amount]], rates: Mapping[str, Sequence[Piece]]
    ) -> Part:
        """Return the part of such a source."""
        source = ScheduledSource(ports, amounts, rates)
        return Part(room=room, component=source, outputs=tuple(ports), exact=True)


def _sum(quantities: Sequence[tuple[float, int | None]], count: int) -> Any:
    total = np.zeros(count)
    for quantity, row in quantities:
        total[slice(None) if row is None else row] += quantity
    return total
