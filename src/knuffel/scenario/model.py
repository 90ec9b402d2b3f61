"""A scenario that passed every check: plain frozen data, numbers in port units, times in whole milliseconds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from knuffel.errors import Notice

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from knuffel.evidence.resolve import Override
    from knuffel.population.spec import PopulationSpec

__all__ = [
    "DoseSpec",
    "DoseTableSpec",
    "EngineSpec",
    "ObserveSpec",
    "ProtocolSpec",
    "RecordingSpec",
    "RoomSpec",
    "SampleSpec",
    "Scenario",
    "SignalSpec",
    "StimulusSpec",
    "SubjectSpec",
    "TableSpec",
]

_PLACES = frozenset({"where", "path", "source", "notices", "changes", "spike_times", "spike_cells"})
_NAMES = frozenset({"name", "title", "description"})
_ASIDE = frozenset({"text", "checkpoint_every", "debug", "cell_names", "dose_table"})


@dataclass(frozen=True)
class SubjectSpec:
    """Who. ``sex`` is female, male or mixed; ``weight`` in kg; ``kinetics`` names a set (or both, when mixed).

    ``state`` is resting, postmenopausal, pregnant, term, postpartum or lactating; ``gestational_week`` is None when not
    pregnant, that of the birth when postpartum; ``labour_preset`` names a parameter set of a uterus, or is None;
    ``basal_profile`` chooses among the published resting levels; ``days_postpartum`` at the start, after a birth. While
    lactating: ``litter`` (pups of a rat, else None), ``lactation``, a set for the pulses and the breast, or None.
    """

    species: str
    sex: str
    state: str
    gestational_week: float | None
    weight: float
    count: int
    kinetics: str
    labour_preset: str | None
    basal_profile: str
    days_postpartum: float | None = None
    litter: int | None = None
    lactation: str | None = None


@dataclass(frozen=True)
class StimulusSpec:
    """An event or an input protocol. Times in ms; a ``duration`` of 0 has no end of its own.

    ``partner`` is wanted, neutral or unwanted; ``values`` holds the numbers of a protocol (gains as multiples of the
    resting input, ``time_constant`` in s, ``slope`` in Hz/s), ``rate`` in Hz, ``rise`` in mOsm/kg, those of nursing
    (``left`` and ``right``, 1 when that side is used, ``pups`` and ``litter``, ``suction`` 0 to 1, ``appetite`` in mL,
    ``cue``, 1 when it comes), or a ``dose`` in mg (alcohol: g/kg).
    """

    kind: str
    start: int
    duration: int
    intensity: float
    partner: str
    values: Mapping[str, float]
    where: str


@dataclass(frozen=True)
class DoseSpec:
    """One dose: ``segments`` (start ms, end ms, rate pg/s), ``amounts`` (time ms, pg), ``text`` as it was typed.

    Of water the rates are in mL/s, and ``sodium`` (mmol/L) is what it holds.
    ``subject`` is the place of the one who gets it, None when everybody does.
    """

    drug: str
    route: str
    segments: tuple[tuple[int, int, float], ...]
    amounts: tuple[tuple[int, float], ...]
    text: str
    where: str
    subject: int | None = None
    sodium: float = 0.0


@dataclass(frozen=True)
class DoseTableSpec:
    """A dosing table: the names of its subjects, and how many of the doses, the last ones, it gave.

    The doses stand among those of the scenario, so that nothing of this is part of the hash.
    """

    subject_names: tuple[str, ...]
    doses: int
    path: str = ""

    @property
    def name(self) -> str:
        """The file without its folder."""
        return PurePath(self.path).name


@dataclass(frozen=True)
class ProtocolSpec:
    """An induction: times in ms, rates in pg/s, ``pauses`` (from, to); ``rule`` is contractions or none.

    Its infusion depends on what the uterus does, so a pump in the body plan gives it.
    """

    name: str
    start: int
    end: int
    first: float
    increment: float
    interval: int
    maximum: float
    pauses: tuple[tuple[int, int], ...]
    rule: str
    text: str
    where: str


@dataclass(frozen=True)
class SignalSpec:
    """A prescribed output. ``kind`` is constant, table, expression or events; numbers are in ``unit``, the port's.

    ``times`` and ``event_times`` in ms; ``interpolation`` is linear or step; an expression is one of t in seconds.
    """

    kind: str
    unit: str
    value: float | None = None
    times: tuple[int, ...] = ()
    values: tuple[float, ...] = ()
    interpolation: str = "linear"
    expression: str | None = None
    event_times: tuple[int, ...] = ()
    where: str = ""


@dataclass(frozen=True, eq=False)
class RecordingSpec:
    """Recorded spikes that neurons play: ``spike_times`` (whole ms, ascending) and the place of the cell of each.

    ``duration`` in ms; ``digest`` is the SHA-256 of the spikes, which stands for them in the hash of the scenario.
    """

    path: str
    cell_names: tuple[str, ...]
    spikes: int
    duration: int
    digest: str
    spike_times: npt.NDArray[np.int64]
    spike_cells: npt.NDArray[np.int64]

    def __str__(self) -> str:
        """Say which file it is and how long."""
        return f"{PurePath(self.path).name}, {self.duration / 1000:g} s"


@dataclass(frozen=True)
class RoomSpec:
    """What stands in a room: a model, prescribed ``outputs`` by port, or nothing (``mode`` model, prescribed, off).

    ``sets`` and ``overrides`` are what the user wrote in this room; ``settings`` are structural choices of the model.
    """

    room: str
    model: str
    mode: str
    sets: tuple[str, ...] = ()
    overrides: Mapping[str, Override] = field(default_factory=dict)
    outputs: Mapping[str, SignalSpec] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""


@dataclass(frozen=True)
class TableSpec:
    """A rate table: the cell set it was computed for, the hash of its file, and the file when it is the user's own."""

    set: str
    digest: str
    path: str = ""


@dataclass(frozen=True)
class SampleSpec:
    """A sampling series: its name, the assay, the port that is sampled, and the times in ms.

    Blood stands in ``tube`` (edta, inhibitor, heparin or serum) for ``held`` ms. The report is in ``unit``;
    ``ug_per_iu`` is the content of one unit (None: that of the assay); ``gain`` multiplies that of the assay.
    """

    name: str
    assay: str
    port: str
    times: tuple[int, ...]
    tube: str = "edta"
    held: int = 0
    unit: str = "pg/mL"
    ug_per_iu: float | None = None
    gain: float = 1.0


@dataclass(frozen=True)
class ObserveSpec:
    """What is kept: every ``record_every`` ms, which ``variables`` (None: all), spikes, samples, a pressure trace."""

    record_every: int
    variables: tuple[str, ...] | None
    spikes: bool
    samples: tuple[SampleSpec, ...]
    tocograph: bool


@dataclass(frozen=True)
class EngineSpec:
    """``warm_up`` in ms (None: what the models ask for), ``checkpoint_every`` in s, coupling ``intervals`` in ms."""

    warm_up: int | None = None
    checkpoint_every: float = 30.0
    intervals: Mapping[str, int] = field(default_factory=dict)
    debug: bool = False


@dataclass(frozen=True)
class Scenario:
    """Everything a run needs. ``start_clock`` in seconds of the day, ``duration`` in ms, ``sets`` in rising priority,
    ``rate_table`` when rates stand in for spikes, ``protocol`` when an induction is run, ``population`` when subjects
    are drawn, ``dose_table`` when doses come from a table.

    ``path`` is the file (empty for text), ``source`` its text, ``changes`` the ``path=value`` texts applied to it;
    ``notices`` are warnings that travel with the result.
    """

    name: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    start_clock: int
    duration: int
    seed: int
    subject: SubjectSpec
    sets: tuple[str, ...]
    stimuli: tuple[StimulusSpec, ...]
    doses: tuple[DoseSpec, ...]
    rooms: Mapping[str, RoomSpec]
    observe: ObserveSpec
    engine: EngineSpec
    rate_table: TableSpec | None = None
    protocol: ProtocolSpec | None = None
    population: PopulationSpec | None = None
    dose_table: DoseTableSpec | None = None
    path: str = ""
    source: str = ""
    changes: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def resolved(self) -> dict[str, Any]:
        """The scenario with all defaults filled in, as plain data that JSON can hold; no file names or positions."""
        plain: dict[str, Any] = _plain(self, _PLACES)
        return plain

    @property
    def hash(self) -> str:
        """SHA-256 of what will be computed; names, texts, and the layout of the file do not enter."""
        content = {key: value for key, value in _plain(self, _PLACES | _ASIDE).items() if key not in _NAMES}
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any, without: frozenset[str]) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        names = [item.name for item in fields(value) if item.name not in without]
        return {name: _plain(getattr(value, name), without) for name in names}
    if isinstance(value, Mapping):
        return {str(key): _plain(item, without) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item, without) for item in value]
    return value
