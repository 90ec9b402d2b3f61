"""The port graph: who feeds whom. The only code that sees more than one component at once.

Equal names connect. Refused, naming both ends: unequal units or kinds, two producers of one name, a missing producer,
an undeclared backward edge (with the cycle it closes), and a flow that is read more often than it is produced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from knuffel.body.contract import Kind, Port
from knuffel.engine.modes import Part
from knuffel.errors import WiringError, nearest

__all__ = ["Connection", "Wiring", "connect"]

_FLOWS = (Kind.RATE, Kind.AMOUNT, Kind.EVENTS)
_LEVELS = (Kind.LEVEL, Kind.FRACTION)


@dataclass(frozen=True)
class Connection:
    """One edge: the port, the place of its producer (None: a constant), the place of its reader, the neutral value."""

    port: Port
    producer: int | None
    reader: int
    neutral: float = 0.0

    @property
    def feedback(self) -> bool:
        """Whether the reader comes before the producer, so that it gets the value of the previous interval."""
        return self.producer is not None and self.producer >= self.reader


@dataclass(frozen=True)
class Wiring:
    """Parts in the order of the signal, their connections, and the interval in ms at which each is advanced.

    ``intervals`` holds None for a part that is only advanced at edges (exact for any step).
    """

    parts: tuple[Part, ...]
    connections: tuple[Connection, ...]
    intervals: tuple[int | None, ...]

    def readers(self, place: int) -> list[Connection]:
        """Return the connections that leave the part at ``place``."""
        return [edge for edge in self.connections if edge.producer == place]

    def sources(self, place: int) -> list[Connection]:
        """Return the connections that enter the part at ``place``."""
        return [edge for edge in self.connections if edge.reader == place]

    def upstream(self, place: int) -> set[int]:
        """Return the places whose outputs the part at ``place`` depends on, itself included."""
        found, stack = {place}, [place]
        while stack:
            for edge in self.sources(stack.pop()):
                if edge.producer is not None and edge.producer not in found:
                    found.add(edge.producer)
                    stack.append(edge.producer)
        return found


def connect(parts: Sequence[Part]) -> Wiring:
    """Connect parts given in the order of the signal. Raises `WiringError`."""
    produced: dict[str, tuple[int, Port]] = {}
    neutral: dict[str, tuple[int, Port]] = {}
    for place, part in enumerate(parts):
        for port in part.outputs:
            if port.name in produced:
                other = parts[produced[port.name][0]]
                raise WiringError(f"{port.name} is produced twice: by {_label(other)} and by {_label(part)}")
            produced[port.name] = (place, port)
        neutral.update({port.name: (place, port) for port in part.neutral})
    edges = [
        _connection(parts, reader, port, produced, neutral) for reader, part in enumerate(parts) for port in part.inputs
    ]
    wiring = Wiring(tuple(parts), tuple(edges), _intervals(parts, edges))
    for edge in edges:
        if edge.feedback and not edge.port.feedback:
            raise WiringError(_backward(wiring, edge))
    _check_flows(wiring)
    _check_intervals(wiring)
    return wiring


def _label(part: Part) -> str:
    return f"{part.room} ({part.component.id})" if part.component is not None else f"{part.room} (off)"


def _connection(
    parts: Sequence[Part],
    reader: int,
    port: Port,
    produced: dict[str, tuple[int, Port]],
    neutral: dict[str, tuple[int, Port]],
) -> Connection:
    place, source = produced.get(port.name) or neutral.get(port.name) or (None, None)
    if source is not None and place is not None:
        ends = f"{_label(parts[place])} gives it in {source.unit} ({source.kind})"
        ends += f", {_label(parts[reader])} reads it in {port.unit} ({port.kind})"
        if source.unit != port.unit:
            raise WiringError(f"{port.name}: unequal units: {ends}")
        if (source.kind in _FLOWS or port.kind in _FLOWS) and source.kind != port.kind:
            raise WiringError(f"{port.name}: unequal kinds: {ends}")
    if port.name in produced:
        return Connection(port, place, reader)
    value = source.default if source is not None and source.default is not None else port.default
    if value is None:
        message = f"{_label(parts[reader])} needs {port.name} and nothing produces it"
        if place is not None:
            message += f": {_label(parts[place])} does not give it and it has no neutral value; run or prescribe it"
        elif close := nearest(port.name, produced):
            message += f"; the nearest port is {close}"
        raise WiringError(message)
    return Connection(port, None, reader, neutral=value)


def _intervals(parts: Sequence[Part], edges: Sequence[Connection]) -> tuple[int | None, ...]:
    """Let each exact part follow the shortest interval among the parts it is connected to."""
    intervals = [part.interval for part in parts]
    changed = True
    while changed:
        changed = False
        for edge in edges:
            if edge.producer is None:
                continue
            for place, other in ((edge.producer, edge.reader), (edge.reader, edge.producer)):
                theirs, own = intervals[other], intervals[place]
                if parts[place].exact and theirs is not None and (own is None or theirs < own):
                    intervals[place] = theirs
                    changed = True
    return tuple(intervals)


def _backward(wiring: Wiring, edge: Connection) -> str:
    """Say which backward edge is undeclared, and print the cycle when it closes one."""
    parts, start, goal = wiring.parts, edge.reader, edge.producer
    assert goal is not None
    paths = {start: [start]}
    stack = [start]
    while stack and goal not in paths:
        here = stack.pop()
        for step in wiring.readers(here):
            if step.reader not in paths and not step.port.feedback:
                paths[step.reader] = [*paths[here], step.reader]
                stack.append(step.reader)
    message = f"{edge.port.name} runs backwards, from {_label(parts[goal])} to {_label(parts[start])}"
    if goal in paths:
        message += "; it closes the cycle " + " -> ".join(parts[place].room for place in [*paths[goal], start])
    return message + "; declare the input as feedback to read the value of the previous interval"


def _check_flows(wiring: Wiring) -> None:
    """A flow has to be produced at least as often as it is read, or its mass would arrive in lumps.

    Events that come back from a later stage have no mass: each is read once, at the first interval after it.
    """
    for edge in wiring.connections:
        if edge.producer is None or edge.port.kind not in _FLOWS:
            continue
        if edge.port.kind is Kind.EVENTS and edge.feedback:
            continue
        slow, fast = wiring.intervals[edge.producer], wiring.intervals[edge.reader]
        if slow is not None and fast is not None and slow > fast:
            maker, reader = _label(wiring.parts[edge.producer]), _label(wiring.parts[edge.reader])
            raise WiringError(
                f"{edge.port.name}: {maker} is advanced every {slow} ms but {reader} reads it every {fast} ms; "
                f"give {maker.split()[0]} an interval of at most {fast} ms"
            )


def _check_intervals(wiring: Wiring) -> None:
    """Intervals nest, so that a slow part always ends where its faster neighbours do; none is longer than allowed."""
    known = sorted({interval for interval in wiring.intervals if interval is not None})
    for short, long in pairwise(known):
        if long % short:
            raise WiringError(f"coupling intervals of {short} and {long} ms do not nest: one has to divide the other")
    for part, interval in zip(wiring.parts, wiring.intervals, strict=True):
        longest = part.component.longest_interval if part.component is not None else None
        if longest is not None and interval is not None and interval > longest:
            raise WiringError(f"{_label(part)}: an interval of {interval} ms is too long; allowed: up to {longest} ms")
