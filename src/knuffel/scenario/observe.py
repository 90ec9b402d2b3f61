"""What is kept of a run, what a laboratory measures, and how the run is computed."""

from __future__ import annotations

from knuffel.body.plan import ROOMS
from knuffel.scenario.fidelity import is_spiking
from knuffel.scenario.model import EngineSpec, ObserveSpec, RoomSpec
from knuffel.scenario.samples import ports_of, read_samples
from knuffel.scenario.schema import Engine
from knuffel.scenario.schema_body import Observe, Record, Sample
from knuffel.scenario.times import Times, time_text
from knuffel.scenario.tree import Path, Problems

__all__ = ["read_engine", "read_observe"]

_SPIKING_EVERY, _EVERY, _LONG_EVERY = 10_000, 60_000, 600_000
_LONG = 2 * 86_400_000
_MOST_RECORDS = 2_000_000
_DEFAULT_CHECKPOINT = 30.0
_LONGEST_WARM_UP = 30 * 86_400_000


def read_observe(
    section: Observe | None,
    rooms: dict[str, RoomSpec],
    times: Times,
    problems: Problems,
    observed: Sample | None = None,
) -> ObserveSpec:
    """Return what is observed, with the sampling series ``observed`` of a dosing table."""
    section = section or Observe()
    record = section.record or Record()
    default = _SPIKING_EVERY if is_spiking(rooms) else _LONG_EVERY if (times.duration or 0) > _LONG else _EVERY
    every = times.span(record.every, ("observe", "record", "every")) or default
    if times.duration is not None and times.duration // every > _MOST_RECORDS:
        count = times.duration // every
        problems.add(
            ("observe", "record", "every"),
            "too many rows would be recorded",
            found=f"{count} rows of {time_text(every)}",
            allowed=f"at most {_MOST_RECORDS}: record less often",
        )
    has_uterus = rooms["uterus"].mode != "off"
    tocograph = has_uterus if section.tocograph is None else section.tocograph
    if tocograph and not has_uterus:
        problems.add(
            ("observe", "tocograph"), "there is no uterus to measure", allowed="false, or a model in body.uterus"
        )
    spikes_possible = is_spiking(rooms) or rooms["neurons"].mode == "prescribed"
    return ObserveSpec(
        record_every=every,
        variables=_variables(record.variables, rooms, problems),
        spikes=spikes_possible if record.spikes is None else record.spikes and spikes_possible,
        samples=read_samples(section.samples, rooms, times, problems, observed),
        tocograph=tocograph,
    )


def _variables(
    names: list[str | None] | None, rooms: dict[str, RoomSpec], problems: Problems
) -> tuple[str, ...] | None:
    if names is None:
        return None
    ports = ports_of(rooms)
    found = []
    for place, name in enumerate(names):
        if name in ports:
            found.append(name)
        elif name is not None:
            path: Path = ("observe", "record", "variables", place)
            problems.add(path, "there is no such variable", allowed=ports, near=name)
    return tuple(dict.fromkeys(found))


def read_engine(section: Engine | None, rooms: dict[str, RoomSpec], times: Times, problems: Problems) -> EngineSpec:
    """Return the settings of the engine, after checking that the run is not longer than its random numbers."""
    section = section or Engine()
    warm_up = times.span(section.warm_up, ("engine", "warm_up"), zero=True)
    if warm_up is not None and warm_up > _LONGEST_WARM_UP:
        problems.add(("engine", "warm_up"), "the warm-up is too long", allowed="at most 30 days")
    checkpoint = times.span(section.checkpoint, ("engine", "checkpoint"))
    intervals: dict[str, int] = {}
    for room, value in (section.intervals or {}).items():
        path: Path = ("engine", "intervals", room)
        if room not in ROOMS:
            problems.add(path, "there is no such room", found=repr(room), allowed=ROOMS, near=room, at_key=True)
            continue
        interval = times.span(value, path)
        if interval is not None:
            intervals[room] = interval
    return EngineSpec(
        warm_up=warm_up,
        checkpoint_every=_DEFAULT_CHECKPOINT if checkpoint is None else checkpoint / 1000,
        intervals=intervals,
        debug=bool(section.debug),
    )
