"""The contract of a body part: ports, parameters, state, `init`, `advance`, `invariants`.

A component is one class in one folder. It declares what it reads and writes (ports), holds its numbers in a frozen
`Parameters`, keeps everything that changes in a `State` of arrays whose first axis is the subject, and moves that
state over one coupling interval in `advance`. Components never see each other; the engine connects equal port names.

How a value crosses a port depends on the kind of the port:

========  =====================================================================================================
level     value at the start and at the end of the interval, arrays of shape (subject,); consumers may interpolate
fraction  a level between 0 and 1
rate      the *integral* over the interval, in port unit times seconds, so that mass is conserved whatever the steps
amount    a quantity delivered at the start of the interval, in the port unit
events    an `Events` record of what happened inside the interval
========  =====================================================================================================
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from math import inf
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from knuffel.errors import Notice, ParameterError
from knuffel.units import PORT_UNITS

__all__ = [
    "Component",
    "Events",
    "Floats",
    "Inputs",
    "Ints",
    "Kind",
    "Outputs",
    "Port",
    "RandomStreams",
    "State",
    "Subjects",
    "Violation",
    "check_numbers",
    "parameter",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Kind(StrEnum):
    """How the values of a port are to be read; see the table in the module docstring."""

    LEVEL = "level"
    FRACTION = "fraction"
    RATE = "rate"
    AMOUNT = "amount"
    EVENTS = "events"


@dataclass(frozen=True)
class Port:
    """A named, unit-carrying input or output of a component.

    ``name`` is dotted and unique in the model (``plasma.oxytocin_concentration``). ``default`` is the neutral value
    used when nothing produces the port (``off``, or an optional input); None means that a producer is required.
    ``range`` is the physically possible interval, checked in debug mode. ``feedback`` marks an input that reads the
    value of the previous coupling interval, so that it may come from a later stage. ``substance`` names what a mass
    balance counts. ``columns`` gives name and unit of the value columns of an events port.
    """

    name: str
    unit: str
    kind: Kind
    doc: str
    default: float | None = None
    range: tuple[float, float] = (-inf, inf)
    substance: str | None = None
    feedback: bool = False
    dims: tuple[str, ...] = ("subject",)
    columns: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.unit not in PORT_UNITS:
            raise ValueError(f"port {self.name}: unit {self.unit!r} is not one of {', '.join(sorted(PORT_UNITS))}")
        if self.name.count(".") != 1:
            raise ValueError(f"port {self.name!r}: a name is room.quantity")


@dataclass(frozen=True)
class Events:
    """What happened inside one interval, sorted by subject, then time, then index.

    ``time`` int64 ms of the engine clock, ``subject`` int64 row in this run, ``index`` int64 (neuron or running
    number); ``values`` holds further float64 columns of the same length (amplitude, mass, duration, …).
    """

    time: Ints
    subject: Ints
    index: Ints
    values: Mapping[str, Floats] = field(default_factory=dict)

    @classmethod
    def none(cls, columns: Sequence[str] = ()) -> Events:
        """Return an empty record with the given value columns."""
        empty = np.zeros(0, dtype=np.int64)
        return cls(empty, empty, empty, {name: np.zeros(0) for name in columns})

    def __len__(self) -> int:
        return len(self.time)

    def between(self, begin: int, end: int) -> Events:
        """Return what happened in [begin, end) ms."""
        inside = (self.time >= begin) & (self.time < end)
        if inside.all():
            return self
        values = {name: column[inside] for name, column in self.values.items()}
        return Events(self.time[inside], self.subject[inside], self.index[inside], values)


@dataclass(frozen=True)
class Subjects:
    """The people or animals of one run; all share species and state. Arrays have shape (subject,).

    ``sex`` is female or male, or mixed when a cohort holds both; then ``women`` tells who is one.

    ``index`` is the place in the cohort (it keys the random streams, so a subject alone equals itself in a cohort);
    ``weight`` in kg; ``gestational_week`` is NaN when not pregnant, that of the birth after one.
    """

    index: Ints
    species: str = "human"
    sex: str = "female"
    weight: Floats = field(default_factory=lambda: np.array([70.0]))
    gestational_week: Floats = field(default_factory=lambda: np.array([np.nan]))
    women: npt.NDArray[np.bool_] | None = None

    def male(self) -> npt.NDArray[np.bool_]:
        """Return who is male."""
        return np.full(len(self.index), self.sex == "male") if self.women is None else ~self.women

    def __len__(self) -> int:
        return len(self.index)

    def full(self, value: float | Floats) -> Floats:
        """Return ``value`` as a fresh float64 array of shape (subject,)."""
        return np.full(len(self.index), value, dtype=np.float64)


class RandomStreams(Protocol):
    """What a component may draw from: ``streams("purpose")`` gives one counter-based stream (`engine.random`)."""

    def __call__(self, purpose: str) -> Any:
        """Return the stream of that purpose."""
        ...


class Inputs:
    """The values of a component's input ports over one interval. Read only.

    ``levels`` maps a port to (start, end) arrays, ``integrals`` to the integral of a rate, ``amounts`` to what is
    delivered at the start, ``records`` to `Events`.
    """

    __slots__ = ("amounts", "integrals", "levels", "records")

    def __init__(
        self,
        levels: Mapping[str, tuple[Floats, Floats]] | None = None,
        integrals: Mapping[str, Floats] | None = None,
        amounts: Mapping[str, Floats] | None = None,
        records: Mapping[str, Events] | None = None,
    ) -> None:
        self.levels = {} if levels is None else levels
        self.integrals = {} if integrals is None else integrals
        self.amounts = {} if amounts is None else amounts
        self.records = {} if records is None else records

    def start(self, name: str) -> Floats:
        """Return a level at the start of the interval (right limit)."""
        return self.levels[name][0]

    def end(self, name: str) -> Floats:
        """Return a level at the end of the interval (left limit)."""
        return self.levels[name][1]

    def mean(self, name: str) -> Floats:
        """Return the mean of a level over the interval, taking it as linear."""
        start, end = self.levels[name]
        return start if start is end else 0.5 * (start + end)

    def integral(self, name: str) -> Floats:
        """Return the integral of a rate over the interval, in port unit times seconds."""
        return self.integrals[name]

    def amount(self, name: str) -> Floats:
        """Return what is delivered at the start of the interval."""
        return self.amounts[name]

    def events(self, name: str) -> Events:
        """Return what happened inside the interval."""
        return self.records[name]


Outputs = dict[str, Any]
"""Port name -> value: an array of shape (subject,) for a level (its value at the end; give a tuple (start, end) when it
jumps at the start), a rate (its integral) or an amount; `Events` for events. Arrays are fresh, never views of State."""


@dataclass
class State:
    """Base of all states: numpy arrays with the subject axis first, and nothing else."""

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays by field name, the very objects that `advance` changes."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


@dataclass(frozen=True)
class Violation:
    """A broken physical law: which variable, which subject row, what was found."""

    variable: str
    subject: int
    message: str


def parameter(
    evidence_id: str,
    unit: str,
    doc: str,
    *,
    positive: bool = False,
    signed: bool = False,
    at_least: float = 0,
    at_most: float = inf,
    typical: bool = False,
) -> Any:
    """Declare a field of `Parameters`: the id of its number in ``evidence/``, the unit wanted here, and one line.

    What the equations can take: from ``at_least`` to ``at_most``; ``positive`` excludes zero, ``signed`` lifts the
    lower limit. `check_numbers` enforces it. ``typical`` asks for the number of the population, which a user's value
    for one subject does not change.
    """
    limits = (-inf if signed else at_least, at_most, positive)
    return field(metadata={"id": evidence_id, "unit": unit, "doc": doc, "limits": limits, "typical": typical})


def check_numbers(parameters: Any) -> None:
    """Raise `ParameterError` unless every field is finite and inside what its declaration allows."""
    for item in fields(parameters):
        value = np.asarray(getattr(parameters, item.name), dtype=np.float64)
        lowest, highest, positive = item.metadata["limits"]
        allowed = np.isfinite(value) & (value >= lowest) & (value <= highest) & ((value > 0) | (not positive))
        if not allowed.all():
            limits = "above 0" if positive else f"at least {lowest:g}" if lowest > -inf else "finite"
            limits += f" and at most {highest:g}" if highest < inf else ""
            raise ParameterError(f"{item.metadata['id']} is {value} {item.metadata['unit']}; it has to be {limits}")


class Component(ABC):
    """One body part. Concrete classes implement, nobody overrides a concrete method; no deeper inheritance.

    Class-level declarations can be read without constructing anything: ``room`` (the folder, one component per room),
    ``id`` (the word a scenario uses for this model), ``inputs`` and ``outputs`` (ports), ``coupling_interval`` in ms
    (None: exact for any step, so it follows the others), ``warm_up`` in ms (how long before time zero it has to run to
    forget its start), ``longest_interval`` in ms (beyond it the component is not to be trusted;
    one without a coupling interval is never asked for more), ``default_sets``
    (parameter sets that hold unless the scenario names others), ``relative_cost`` (what a cell costs, in
    integrate-and-fire cells, for estimates), ``default_cells`` (how many cells of neurons unless the scenario says),
    ``citations`` (source keys beyond those of the parameters), ``peptide``
    (what cells make; only neurons may differ).
    """

    room: ClassVar[str]
    id: ClassVar[str]
    inputs: ClassVar[tuple[Port, ...]]
    outputs: ClassVar[tuple[Port, ...]]
    coupling_interval: ClassVar[int | None] = None
    warm_up: ClassVar[int] = 0
    longest_interval: ClassVar[int | None] = None
    default_sets: ClassVar[tuple[str, ...]] = ()
    relative_cost: ClassVar[int] = 1
    default_cells: ClassVar[int] = 100
    citations: ClassVar[tuple[str, ...]] = ()
    peptide: ClassVar[str] = "oxytocin"
    Parameters: ClassVar[type]
    Settings: ClassVar[type | None] = None
    State: ClassVar[type[State]]

    def __init__(self, parameters: Any, settings: Any = None) -> None:
        self.parameters = parameters
        self.settings = settings

    @classmethod
    def evidence_ids(cls, given: Collection[tuple[str, str]] = ()) -> tuple[str, ...]:
        """Return the ids of the numbers that matter in a run in which these (drug, route) pairs are given."""
        return tuple(item.metadata["id"] for item in fields(cls.Parameters) if "id" in item.metadata)

    def notices(self) -> Sequence[Notice]:
        """Return warnings about unusual parameters or settings, which travel with the result."""
        return ()

    def attributes(self) -> Mapping[str, Any]:
        """Return what was drawn or read to build this component, as plain data (JSON); it travels with the result."""
        return {}

    def findings(self, state: Any) -> Sequence[Notice]:
        """Return warnings about what happened, from the ``state`` at the end of a run; they travel with the result.

        What the run was like has to be in the state, so that a resumed run finds the same.
        """
        return ()

    def edges(self) -> Sequence[int]:
        """Return the times (ms after time zero) at which something jumps; the engine splits intervals there."""
        return ()

    @abstractmethod
    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[Any, Outputs]:
        """Return the resting state and the levels at the start.

        ``inputs`` holds the levels of the earlier stages at the start (both limits equal). Only level and fraction
        outputs are returned here, as plain arrays: at the start there is one limit, not two.
        """

    @abstractmethod
    def advance(self, state: Any, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Move ``state`` in place from ``t`` to ``t + dt`` (ms, engine clock) and return every output.

        Touches nothing but ``state``; equal arguments give equal bits; never looks past ``t + dt``. Time zero of the
        scenario is t = 0; a warm-up runs at negative t.
        """

    def invariants(self, state: Any, outputs: Outputs) -> list[Violation]:
        """Return broken physical laws (non-negative stores, bounded fractions, mass balance); empty when sound."""
        return []
