"""What is kept of a run, what a laboratory measures, and how the run is computed."""

from __future__ import annotations

from collections.abc import Mapping

from knuffel.body.contract import Kind, Port
from knuffel.body.plan import ROOMS, component_class
from knuffel.evidence import load
from knuffel.scenario.fidelity import is_spiking
from knuffel.scenario.model import EngineSpec, ObserveSpec, RoomSpec, SampleSpec
from knuffel.scenario.schema import Engine
from knuffel.scenario.schema_body import Observe, Record, Sample
from knuffel.scenario.times import Times, time_text
from knuffel.scenario.tree import Path, Problems

__all__ = ["ports_of", "read_engine", "read_observe"]

"""ms: the random numbers of a step are counted by a 32-bit number of milliseconds."""

_SPIKING_EVERY, _EVERY, _LONG_EVERY = 10_000, 60_000, 600_000
_LONG = 2 * 86_400_000
_MOST_RECORDS = 2_000_000
_MOST_SAMPLES = 100_000
_DEFAULT_PORT = "plasma.oxytocin_concentration"
_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
_DEFAULT_CHECKPOINT = 30.0
_LONGEST_WARM_UP = 30 * 86_400_000


def ports_of(rooms: Mapping[str, RoomSpec]) -> dict[str, Port]:
    """Return every output port of the rooms, whatever their mode."""
    found = (port for spec in rooms.values() for port in component_class(spec.room, spec.model).outputs)
    return {port.name: port for port in found}


def read_observe(section: Observe | None, rooms: dict[str, RoomSpec], times: Times, problems: Problems) -> ObserveSpec:
    """Return what is observed."""
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
        samples=_samples(section.samples, rooms, times, problems),
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


def _samples(
    items: list[Sample | None] | None, rooms: dict[str, RoomSpec], times: Times, problems: Problems
) -> tuple[SampleSpec, ...]:
    found: list[SampleSpec] = []
    names: set[str] = set()
    for place, item in enumerate(items or []):
        if item is not None and item.assay is not None:
            path: Path = ("observe", "samples", place)
            name = _series_name(item, names, path, problems)
            names.add(name)
            assay = _assay(item.assay, path, problems)
            port = _port(item, rooms, path, problems)
            moments = _moments(item, path, times, problems)
            found.append(SampleSpec(name, assay, port, moments))
    if sum(len(item.times) for item in found) > _MOST_SAMPLES:
        count = sum(len(item.times) for item in found)
        problems.add(("observe", "samples"), "too many samples", found=str(count), allowed=f"at most {_MOST_SAMPLES}")
    return tuple(found)


def _series_name(item: Sample, taken: set[str], path: Path, problems: Problems) -> str:
    if item.name is not None:
        if not item.name or set(item.name) - set(_NAME):
            problems.add((*path, "name"), "a name is made of letters, digits, _ and -")
        elif item.name in taken:
            problems.add((*path, "name"), "two series have this name")
        return item.name
    name, number = str(item.assay), 2
    while name in taken:
        name, number = f"{item.assay}_{number}", number + 1
    return name


def _assay(name: str, path: Path, problems: Problems) -> str:
    if name not in load.assays():
        problems.add((*path, "assay"), "there is no such assay", allowed=load.assays(), near=name)
    return name


def _port(item: Sample, rooms: dict[str, RoomSpec], path: Path, problems: Problems) -> str:
    name = item.port or _DEFAULT_PORT
    possible = {
        key: port
        for key, port in ports_of(rooms).items()
        if port.kind in (Kind.LEVEL, Kind.FRACTION) and port.unit == "pg/mL"
    }
    room = name.split(".")[0]
    if name not in possible:
        problems.add((*path, "port"), "this cannot be sampled", allowed=possible, near=name)
    elif problems.spoiled_below("body", room):
        pass
    elif rooms[room].mode == "off" or (rooms[room].mode == "prescribed" and name not in rooms[room].outputs):
        key = "port" if item.port is not None else "assay"
        problems.add((*path, key), f"nothing makes {name} in this scenario", show_found=False)
    return name


def _moments(item: Sample, path: Path, times: Times, problems: Problems) -> tuple[int, ...]:
    if item.times is not None:
        for key in ("every", "from", "to"):
            if getattr(item, type(item).attribute(key)) is not None:
                problems.add((*path, key), "times and every exclude each other", at_key=True)
        listed = [_moment(moment, (*path, "times", place), times, problems) for place, moment in enumerate(item.times)]
        if not listed and not problems.spoiled_below(*path, "times"):
            problems.add((*path, "times"), "there are no sampling times")
        return tuple(sorted({time for time in listed if time is not None}))
    if item.every is None:
        if not problems.spoiled_below(*path):
            problems.add(
                (*path, "every"), "this key is missing", allowed="every: 5 min, or times: [...]", show_found=False
            )
        return ()
    every = times.span(item.every, (*path, "every"))
    first = _moment(item.from_, (*path, "from"), times, problems) or 0
    last = _moment(item.to, (*path, "to"), times, problems)
    last = times.duration if item.to is None else last
    if every is None or last is None:
        return ()
    if last < first:
        problems.add((*path, "to"), "the last sample comes before the first", allowed=f"{time_text(first)} or later")
        return ()
    count = (last - first) // every + 1
    if count > _MOST_SAMPLES:
        problems.add((*path, "every"), "too many samples", found=str(count), allowed=f"at most {_MOST_SAMPLES}")
        return ()
    return tuple(range(first, last + 1, every))


def _moment(value: object, path: Path, times: Times, problems: Problems) -> int | None:
    time = times.moment(value, path)  # type: ignore[arg-type]
    if time is not None and times.duration is not None and time > times.duration:
        problems.add(path, "this lies after the end of the scenario", allowed=f"at most {time_text(times.duration)}")
        return None
    return time


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
