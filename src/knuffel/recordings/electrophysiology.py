"""Spike times from the files of recording systems (Spike2 and others), through neo (DOI 10.3389/fninf.2014.00010)."""

from __future__ import annotations

import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.errors import MissingExtra, Notice
from knuffel.recordings.soundness import Numbers, refuse

__all__ = ["read_with_neo"]

_UNSAFE = frozenset(("PickleIO",))  # a pickle may hold a program
_WANTED = "a text file, NWB, or a format that neo reads (Spike2 .smr and others)"

Array = npt.NDArray[np.float64]


def read_with_neo(path: Path, file: str) -> Numbers:
    """Return the spike trains of a file; when it has none, its event channels, in which Spike2 keeps spike times.

    Signals are not read. Raises `DataError` when no reader of neo takes the file, or it holds neither; `MissingExtra`
    without neo.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of readers about details of their formats
        try:
            import neo.io
        except ImportError as error:
            raise MissingExtra(f"reading {path.suffix or 'such'} files", "nwb") from error
        blocks = _blocks(neo.io, path, file)
        segments = [segment for block in blocks for segment in block.segments]
        trains = [_train(item) for segment in segments for item in segment.spiketrains]
        notices = []
        if not any(len(times) for _, times, _ in trains):
            events = [_train(item) for segment in segments for item in segment.events]
            if any(len(times) for _, times, _ in events):
                trains = events
                text = "there are no sorted spikes: the event channels are taken as spikes; choose one with --cell"
                notices.append(Notice("events_as_spikes", text, file))
    if not trains:
        refuse("the file holds no spikes", file, found="neither spike trains nor events", allowed=_WANTED)
    return _joined(trains, file, notices)


def _blocks(readers: Any, path: Path, file: str) -> list[Any]:
    """Return what the first reader that takes the file finds in it."""
    said = f"no reader for files that end in {path.suffix or 'nothing'}"
    try:
        kinds = readers.list_candidate_ios(str(path))
    except ValueError:
        kinds = []
    for kind in kinds:
        if kind.__name__ in _UNSAFE:
            continue
        try:
            reader = kind(str(path))
            blocks: list[Any] = reader.read(lazy=True) if getattr(reader, "support_lazy", False) else reader.read()
        except Exception as error:  # readers raise whatever the wrong bytes lead to
            said = f"{kind.__name__}: {type(error).__name__}: {' '.join(str(error).split())[:160]}"
            continue
        return blocks
    refuse("the file cannot be read", file, found=said, allowed=_WANTED)


def _train(item: Any) -> tuple[str, Array, float | None]:
    """Return name, times and end (ms) of a train or a channel of events, loaded when it is a proxy."""
    loaded = item.load() if hasattr(item, "load") else item
    times = np.asarray(loaded.times.rescale("ms").magnitude, dtype=np.float64).reshape(-1)
    end = getattr(loaded, "t_stop", None)
    name = str(loaded.name or loaded.annotations.get("id", "") or "").strip()
    identity = str(loaded.annotations.get("id", "") or "").strip()
    return (f"{name} ({identity})" if identity and identity != name else name), times, _finite(end)


def _finite(end: Any) -> float | None:
    value = float("nan") if end is None else float(end.rescale("ms").magnitude)
    return value if np.isfinite(value) else None


def _joined(trains: list[tuple[str, Array, float | None]], file: str, notices: list[Notice]) -> Numbers:
    """Return one column for each name: the segments of a file share one axis of time."""
    parts: dict[str, list[Array]] = {}
    for place, (name, times, _) in enumerate(trains):
        parts.setdefault(name or f"train {place + 1}", []).append(times)
    names = list(parts)
    short = Counter(name.rpartition(" (")[0] or name for name in names)
    shown = [bare if short[bare := name.rpartition(" (")[0] or name] == 1 else name for name in names]
    ends = [end for _, _, end in trains if end is not None]

    def place_of(cell: int, number: int) -> dict[str, Any]:
        return {"key": f"train {shown[cell]}, spike {number + 1}"}

    columns = [np.concatenate(parts[name]) for name in names]
    return Numbers(columns, shown, file, "ms", max(ends, default=None), place_of, notices)
