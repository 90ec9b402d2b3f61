"""Sampling: what is sampled and when, in which tube, by which assay, and in which unit it is reported."""

from __future__ import annotations

from collections.abc import Mapping

from knuffel.body.contract import Kind, Port
from knuffel.body.plan import component_class
from knuffel.evidence import load
from knuffel.scenario.asked import usual_port
from knuffel.scenario.body import makes
from knuffel.scenario.model import RoomSpec, SampleSpec
from knuffel.scenario.quantities import TimeText
from knuffel.scenario.schema_body import Sample
from knuffel.scenario.times import Times, time_text
from knuffel.scenario.tree import Path, Problems

__all__ = ["ports_of", "read_samples"]

_MOST_SAMPLES = 100_000
_CONCENTRATION = "pg/mL"
_BLOOD = "plasma.oxytocin_"
_BASAL = "physiology.basal_concentration"
_URINE = "urine.oxytocin_ratio"
_TRUTH = "truth"
_INTERNATIONAL = "uU/mL"
_TUBE = "edta"
_LEAST_CONTENT, _MOST_CONTENT = 1.6, 2.2
"""ug in one international unit: what was ever in use, the 1970s included."""
_MOST_GAIN = 33
"""Times that an immunoassay read above mass spectrometry in the same women, the most that was reported."""
_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"


def ports_of(rooms: Mapping[str, RoomSpec]) -> dict[str, Port]:
    """Return every output port of the rooms, whatever their mode."""
    found = (port for spec in rooms.values() for port in _outputs(spec))
    return {port.name: port for port in found}


def read_samples(
    items: list[Sample | None] | None,
    rooms: dict[str, RoomSpec],
    times: Times,
    problems: Problems,
    observed: Sample | None = None,
) -> tuple[SampleSpec, ...]:
    """Return the sampling series in the order of the file, ``observed``, that of a dosing table, as the last."""
    found: list[SampleSpec] = []
    names: set[str] = set()
    listed: list[tuple[Path, Sample | None]] = [
        (("observe", "samples", place), item) for place, item in enumerate(items or [])
    ]
    for path, item in [*listed, (("dose_table", "observations"), observed)]:
        if item is not None and item.assay is not None:
            name = _series_name(item, names, path, problems)
            names.add(name)
            port = _port(item, rooms, path, problems)
            _check_assay(item.assay, port, rooms, path, problems)
            moments = _moments(item, path, times, problems)
            held, unit, content, gain = _laboratory(item, port, path, times, problems)
            spec = SampleSpec(name, item.assay, port, moments, item.tube or _TUBE, held, unit, content, gain)
            found.append(spec)
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


def _is_oxytocin(port: str) -> bool:
    return "oxytocin" in port.partition(".")[2] or port == _BASAL


def _check_assay(name: str, port: str, rooms: Mapping[str, RoomSpec], path: Path, problems: Problems) -> None:
    """Refuse an assay that does not exist, or that was not made for what the port holds."""
    known, where = load.assays(), (*path, "assay")
    if name not in known:
        problems.add(where, "there is no such assay", allowed=known, near=name)
        return
    held = ports_of(rooms).get(port)
    if name == _TRUTH or held is None or problems.spoiled(*path, "port"):
        return
    fitting = [key for key, preset in known.items() if key == _TRUTH or preset.unit == held.unit]
    if not _is_oxytocin(port):
        problems.add(where, f"this assay was made for oxytocin: it does not measure {port}", allowed=[_TRUTH])
    elif known[name].unit != held.unit:
        problems.add(where, f"this assay does not measure {port}", allowed=fitting)


def _port(item: Sample, rooms: dict[str, RoomSpec], path: Path, problems: Problems) -> str:
    name = item.port or usual_port(item.assay)
    levels = {key: port for key, port in ports_of(rooms).items() if port.kind in (Kind.LEVEL, Kind.FRACTION)}
    possible = {key for key, port in levels.items() if port.unit == _CONCENTRATION or key == _URINE}
    if name not in possible:
        problems.add((*path, "port"), "this cannot be sampled", allowed=possible, near=name)
        return name
    (maker,) = [spec for spec in rooms.values() if any(port.name == name for port in _outputs(spec))]
    if not problems.spoiled_below("body", maker.room) and not makes(name, maker):
        key = "port" if item.port is not None else "assay"
        allowed = None if name.startswith(maker.room) else f"a model in body.{maker.room}, in people"
        problems.add((*path, key), f"nothing makes {name} in this scenario", allowed=allowed, show_found=False)
    return name


def _outputs(spec: RoomSpec) -> tuple[Port, ...]:
    return component_class(spec.room, spec.model).outputs


def _laboratory(
    item: Sample, port: str, path: Path, times: Times, problems: Problems
) -> tuple[int, str, float | None, float]:
    """Return how long the tube is held (ms), the unit, the content of one unit if it is given, and the gain."""
    held = times.span(item.held, (*path, "held"), zero=True) or 0
    for key in ("tube", "held"):
        if getattr(item, key) is not None and not port.startswith(_BLOOD):
            message = f"only oxytocin of blood is broken down in a tube, not {port}"
            problems.add((*path, key), message, allowed=f"a port {_BLOOD}…", at_key=True)
    unit = item.unit or ("1" if port == _URINE else _CONCENTRATION)
    if item.unit not in (None, _CONCENTRATION) and not _is_oxytocin(port):
        problems.add((*path, "unit"), f"{port} is reported as it is", allowed=_CONCENTRATION)
    elif item.unit is not None and port == _URINE:
        problems.add((*path, "unit"), f"{port} is a ratio without a unit", at_key=True)
    content = None if item.ug_per_iu is None else item.ug_per_iu.value
    if content is not None and unit != _INTERNATIONAL:
        message = f"this does nothing for results in {unit}"
        problems.add((*path, "ug_per_iu"), message, allowed=f"unit: {_INTERNATIONAL}", at_key=True)
    elif content is not None and not _LEAST_CONTENT <= content <= _MOST_CONTENT:
        allowed = f"{_LEAST_CONTENT:g} to {_MOST_CONTENT:g} ug in one IU"
        problems.add((*path, "ug_per_iu"), "no standard of oxytocin had this content", allowed=allowed)
    gain = 1.0 if item.gain is None else item.gain.value
    if not 1 <= gain <= _MOST_GAIN:
        problems.add((*path, "gain"), "not a possible gain", allowed=f"1 to {_MOST_GAIN} times")
    elif item.gain is not None and item.assay == _TRUTH:
        problems.add((*path, "gain"), "the truth has no gain", allowed="another assay", at_key=True)
    return held, unit, content, gain


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


def _moment(value: TimeText | None, path: Path, times: Times, problems: Problems) -> int | None:
    time = times.moment(value, path)
    if time is not None and times.duration is not None and time > times.duration:
        problems.add(path, "this lies after the end of the scenario", allowed=f"at most {time_text(times.duration)}")
        return None
    return time
