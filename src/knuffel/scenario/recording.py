"""The recording that neurons play: the file is read when the scenario is, so that its spikes are part of it."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path as FilePath

from knuffel.errors import DataError, MissingExtra
from knuffel.scenario.model import RecordingSpec
from knuffel.scenario.schema_body import Room
from knuffel.scenario.times import time_text
from knuffel.scenario.tree import Path, Problems

__all__ = ["PLAYS", "RECORDING_KEYS", "read_replay"]

PLAYS = "replay"
"""The model of neurons that plays a recording."""

RECORDING_KEYS = ("recording", "unit", "repeat")


def read_replay(
    section: Room, path: Path, folder: FilePath | None, duration: int | None, problems: Problems
) -> dict[str, object]:
    """Return the settings of a replay: recording, number of cells, whether it repeats.

    ``folder`` is that of the scenario file, None for a scenario that is a text; ``duration`` of the run in ms.
    """
    settings: dict[str, object] = {"cells": 1, "repeat": bool(section.repeat)}
    where: Path = (*path, "recording")
    if section.recording is None:
        if not problems.spoiled(*where):
            problems.add(where, "replay needs a recording", allowed="recording: a file of spikes", show_found=False)
        return settings
    base = FilePath() if problems.elsewhere(where) else folder
    if base is None:
        message = "a scenario that is a text has no folder to look in"
        problems.add(where, message, allowed="a scenario file, or an override: body.neurons.recording=cell.csv")
        return settings
    found = _read(base / section.recording, section.unit, where, problems)
    if found is None:
        return settings
    settings |= {"recording": found, "cells": len(found.cell_names)}
    if section.cells not in (None, len(found.cell_names)):
        allowed = f"{len(found.cell_names)}, or leave it out"
        problems.add((*path, "cells"), "the recording says how many cells there are", allowed=allowed)
    if duration is not None and found.duration < duration and not section.repeat:
        text = f"the recording ends after {time_text(found.duration)}: its cells are silent from then on"
        problems.notice("replay_short", where, f"{text}; `repeat: true` plays it again")
    return settings


def _read(file: FilePath, unit: str | None, where: Path, problems: Problems) -> RecordingSpec | None:
    import numpy as np

    from knuffel.recordings import read_recording

    try:
        recording = read_recording(file, unit=unit)
    except (DataError, MissingExtra) as error:
        problems.add(where, str(error), show_found=False)
        return None
    for notice in recording.notices:
        problems.notice(notice.code, where, notice.message)
    time, cell = recording.flat()
    # The ms that a spike falls in; two spikes of a cell are at least 1 ms apart, but for rounding.
    whole = np.floor(time + 1e-6).astype(np.int64)
    duration = max(int(np.ceil(recording.duration)), int(whole[-1]) + 1 if len(whole) else 0)
    order = np.lexsort((cell, whole))
    whole, cell = whole[order], cell[order]
    content = np.concatenate([whole, cell, [duration, len(recording.cells)]]).astype("<i8")
    digest = sha256(content.tobytes()).hexdigest()
    return RecordingSpec(str(file), recording.cells, len(whole), duration, digest, whole, cell)
