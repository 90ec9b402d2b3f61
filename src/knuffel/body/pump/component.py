"""`InductionPump`: an infusion of oxytocin that is raised step by step until the uterus contracts well enough."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Protocol

import numpy as np

from knuffel.body.contract import (
    Component,
    Events,
    Floats,
    Inputs,
    Ints,
    Kind,
    Outputs,
    Port,
    RandomStreams,
    State,
    Subjects,
    Violation,
    check_numbers,
    parameter,
)
from knuffel.errors import ParameterError

__all__ = ["InductionPump", "PumpParameters", "PumpSettings", "PumpState", "Schedule"]

_INFUSION, _RATE = "pump.oxytocin_infusion", "pump.rate"
_ACTIVITY, _FREQUENCY, _CONTRACTION = "uterus.activity", "uterus.contraction_frequency", "uterus.contraction"
_RULES = ("contractions", "none")
_WINDOW = 10  # minutes in which tachysystole is counted, by its definition


class Schedule(Protocol):
    """What a protocol says: times in ms, rates in pg/s. ``pauses`` are (from, to)."""

    start: int
    end: int
    first: float
    increment: float
    interval: int
    maximum: float
    pauses: tuple[tuple[int, int], ...]
    rule: str


@dataclass(frozen=True)
class PumpParameters:
    """When the staff is content, and when it is alarmed; scalars or arrays of shape (subject,)."""

    adequate_activity: float = parameter("tocograph.adequate_activity", "MVU", "activity that is enough", positive=True)
    adequate_frequency: float = parameter(
        "pump.adequate_frequency", "1/min", "frequency of contractions that is enough", positive=True
    )
    tachysystole_limit: float = parameter(
        "tocograph.tachysystole_limit", "1", "contractions in ten minutes that are too many", positive=True
    )
    tetany_duration: float = parameter("tocograph.tetany_duration", "s", "a contraction of this length is too long")

    def __post_init__(self) -> None:
        check_numbers(self)


@dataclass(frozen=True)
class PumpSettings:
    """``protocol`` says how the rate is raised; without one the pump stands still."""

    protocol: Schedule | None = None

    def __post_init__(self) -> None:
        plan = self.protocol
        if plan is None:
            return
        if plan.rule not in _RULES:
            raise ParameterError(f"rule {plan.rule!r} is not one of {', '.join(_RULES)}")
        if not (plan.end > plan.start and plan.interval > 0 and plan.first >= 0 and plan.increment >= 0):
            raise ParameterError("a protocol ends after its start, has a positive interval, and rates of at least 0")


@dataclass
class PumpState(State):
    """Arrays of shape (subject,).

    ``rate`` in pg/s; ``started`` 1 once the first rate was set; ``stopped`` 1 while the pump stands still after a
    contraction that was too long, and ``kept`` pg/s, the rate with which it goes on; ``longest`` the longest
    contraction, in s, that ended since the last step; ``running_end`` ms and ``running`` s, end and length of the last.
    """

    rate: Floats
    started: Ints
    stopped: Ints
    kept: Floats
    longest: Floats
    running_end: Ints
    running: Floats


class InductionPump(Component):
    """Raises the rate by one increment at every interval, up to the maximum.

    With the rule ``contractions`` it looks at the uterus first, as the staff would: it holds the rate when activity or
    frequency is adequate, halves it at tachysystole, and stops after a tetanic contraction, to go on with half the
    rate at the next step. It sees the uterus as it is at the step, and every contraction that ended since the step
    before. During a pause nothing flows and nothing is decided; afterwards the rate is what it was.
    """

    room = "pump"
    id = "induction"
    inputs = (
        Port(_ACTIVITY, "MVU", Kind.LEVEL, "expected uterine activity", default=0, feedback=True),
        Port(_FREQUENCY, "1/min", Kind.LEVEL, "expected frequency of contractions", default=0, feedback=True),
        Port(
            _CONTRACTION, "ms", Kind.EVENTS, "starts of contractions", default=0, feedback=True,
            columns=(("amplitude", "mmHg"), ("duration", "s")),
        ),
    )  # fmt: skip
    outputs = (
        Port(
            _INFUSION, "pg/s", Kind.RATE, "oxytocin infused by protocol",
            default=0, range=(0, inf), substance="oxytocin",
        ),
        Port(_RATE, "pg/s", Kind.LEVEL, "rate at which the pump stands", default=0, range=(0, inf)),
    )  # fmt: skip
    Parameters = PumpParameters
    Settings = PumpSettings
    State = PumpState

    parameters: PumpParameters
    settings: PumpSettings

    def __init__(self, parameters: PumpParameters, settings: PumpSettings | None = None) -> None:
        super().__init__(parameters, settings or PumpSettings())

    def edges(self) -> list[int]:
        """Return every time at which the rate may change."""
        plan = self.settings.protocol
        if plan is None:
            return []
        steps = list(range(plan.start, plan.end, plan.interval))
        return [*steps, plan.end, *(time for pause in plan.pauses for time in pause)]

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[PumpState, Outputs]:
        """Return a pump that stands still."""
        count = len(subjects)
        state = PumpState(
            rate=np.zeros(count),
            started=np.zeros(count, dtype=np.int64),
            stopped=np.zeros(count, dtype=np.int64),
            kept=np.zeros(count),
            longest=np.zeros(count),
            running_end=np.zeros(count, dtype=np.int64),
            running=np.zeros(count),
        )
        return state, {_RATE: np.zeros(count)}

    def advance(self, state: PumpState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Decide when a step is due, then pump at a constant rate."""
        plan = self.settings.protocol
        if plan is None:
            return {_INFUSION: np.zeros(len(state.rate)), _RATE: np.zeros(len(state.rate))}
        # What came before the start says nothing about the infusion.
        contractions = inputs.events(_CONTRACTION).between(plan.start, t + dt)
        self._watch(state, contractions, t)
        paused = any(begin <= t < end for begin, end in plan.pauses)
        flowing = plan.start <= t < plan.end and not paused
        if flowing and (t - plan.start) % plan.interval == 0:
            self._decide(state, inputs, plan)
        rate = state.rate * flowing
        # In this order the bits are those of an infusion that was written step by step.
        return {_INFUSION: rate * dt / 1000, _RATE: (rate, rate.copy())}

    def _watch(self, state: PumpState, contractions: Events, t: int) -> None:
        """Take in contractions that began; how long one is, is known when it has ended."""
        lengths = contractions.values.get("duration", np.zeros(0))
        for time, subject, length in zip(contractions.time, contractions.subject, lengths, strict=True):
            # The one before has ended: contractions do not overlap.
            state.longest[subject] = max(state.longest[subject], state.running[subject])
            state.running_end[subject], state.running[subject] = time + round(length * 1000), length
        ended = state.running_end <= t
        state.longest[ended] = np.maximum(state.longest, state.running)[ended]
        state.running[ended] = 0

    def _decide(self, state: PumpState, inputs: Inputs, plan: Schedule) -> None:
        wanted = np.where(state.started == 1, state.rate + plan.increment, plan.first)
        wanted = np.minimum(wanted, plan.maximum)
        raised = np.ones(len(wanted), dtype=bool)
        if plan.rule == "contractions":
            own = self.parameters
            frequency = inputs.end(_FREQUENCY)
            enough = (inputs.end(_ACTIVITY) >= own.adequate_activity) | (frequency >= own.adequate_frequency)
            many = _WINDOW * frequency > own.tachysystole_limit
            again, tetanic = state.stopped == 1, (state.longest >= own.tetany_duration) & (state.longest > 0)
            state.kept[:] = np.where(again, state.kept, state.rate / 2)
            state.stopped[:] = tetanic
            raised = ~(many | enough | tetanic | again)
            wanted = np.where(many, state.rate / 2, np.where(enough, state.rate, wanted))
            wanted = np.where(tetanic, 0.0, np.where(again, state.kept, wanted))
        state.rate[:] = wanted
        state.started |= raised
        state.longest[:] = 0

    def invariants(self, state: PumpState, outputs: Outputs) -> list[Violation]:
        """Return rates below zero or above the maximum."""
        plan = self.settings.protocol
        highest = inf if plan is None else plan.maximum
        return [
            Violation("rate of the pump", int(row), f"is {state.rate[row]:g} pg/s, outside 0 to {highest:g}")
            for row in np.flatnonzero((state.rate < 0) | (state.rate > highest))
        ]
