"""Small real files of recording systems, written for the tests."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

_HEADER = np.dtype(
    [
        ("system_id", "<i2"), ("copyright", "S10"), ("creator", "S8"), ("us_per_time", "<i2"), ("time_per_adc", "<i2"),
        ("filestate", "<i2"), ("first_data", "<i4"), ("channels", "<i2"), ("chan_size", "<i2"), ("extra_data", "<i2"),
        ("buffersize", "<i2"), ("os_format", "<i2"), ("max_ftime", "<i4"), ("dtime_base", "<f8"),
        ("datetime_detail", "u1"), ("datetime_year", "<i2"), ("pad", "S457"),
    ]
)  # fmt: skip
_CHANNEL = np.dtype(
    [
        ("del_size", "<i2"), ("next_del_block", "<i4"), ("firstblock", "<i4"), ("lastblock", "<i4"), ("blocks", "<i2"),
        ("n_extra", "<i2"), ("pre_trig", "<i2"), ("free0", "<i2"), ("py_sz", "<i2"), ("max_data", "<i2"),
        ("comment", "S72"), ("max_chan_time", "<i4"), ("l_chan_dvd", "<i4"), ("phy_chan", "<i2"), ("title", "S10"),
        ("ideal_rate", "<f4"), ("kind", "u1"), ("unused1", "i1"), ("rest", "S16"),
    ]
)  # fmt: skip
_BLOCK = np.dtype(
    [("before", "<i4"), ("after", "<i4"), ("start", "<i4"), ("end", "<i4"), ("channel", "<i2"), ("items", "<i2")]
)
EVENT, MARKED = 3, 6
"""Kinds of channels of Spike2: events, and spikes with a code and a waveform."""


def write_smr(path: Path, channels: Sequence[tuple[str, int, Sequence[int], Sequence[int]]]) -> Path:
    """Write a Spike2 file: for each channel its title, kind, ticks of 10 microseconds, and codes of the spikes."""
    header = np.zeros(1, _HEADER)
    header["system_id"], header["us_per_time"], header["dtime_base"] = 6, 10, 1e-6
    header["channels"] = len(channels)
    content = bytearray(header.tobytes().ljust(512, b"\0"))
    place = 512 + 140 * len(channels)
    heads, blocks = b"", b""
    for number, (title, kind, ticks, codes) in enumerate(channels):
        item = np.dtype([("tick", "<i4")] + ([("marker", "<i4"), ("wave", "<i2", 4)] if kind == MARKED else []))
        items = np.zeros(len(ticks), item)
        items["tick"] = ticks
        if kind == MARKED:
            items["marker"] = codes
        block = np.zeros(1, _BLOCK)
        block["before"] = block["after"] = -1
        block["start"], block["end"], block["channel"] = ticks[0], ticks[-1], number
        block["items"] = len(ticks)
        head = np.zeros(1, _CHANNEL)
        head["firstblock"] = head["lastblock"] = place + len(blocks)
        head["blocks"], head["n_extra"], head["kind"], head["l_chan_dvd"] = 1, 8 if kind == MARKED else 0, kind, 4
        head["title"] = bytes([len(title)]) + title.encode()
        heads += head.tobytes().ljust(140, b"\0")
        blocks += block.tobytes() + items.tobytes()
    path.write_bytes(bytes(content) + heads + blocks)
    return path


def write_nwb(path: Path, units: Mapping[str, Sequence[float] | None] | None, *, observed: float | None = None) -> Path:
    """Write an NWB file with these units (times in s; None leaves them out), or without a table of units."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pynwb import NWBHDF5IO, NWBFile

        held = NWBFile("supraoptic nucleus", "knuffel", datetime(2020, 1, 1, tzinfo=UTC))
        if units is not None:
            held.add_unit_column("unit_name", "name of the cell")
            for name, times in units.items():
                facts: dict[str, Any] = {} if observed is None else {"obs_intervals": [[0.0, observed]]}
                facts |= {} if times is None else {"spike_times": np.asarray(times)}
                held.add_unit(unit_name=name, **facts)
        with NWBHDF5IO(str(path), "w") as opened:
            opened.write(held)
    return path


def write_mat(path: Path, trains: Mapping[str, Sequence[float]], end: float) -> Path:
    """Write a MATLAB file of neo with these trains (times and end in s)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import neo
        import quantities as pq

        block, segment = neo.Block(), neo.Segment()
        for name, times in trains.items():
            segment.spiketrains.append(neo.SpikeTrain(np.asarray(times) * pq.s, t_stop=end * pq.s, name=name))
        block.segments.append(segment)
        neo.io.NeoMatlabIO(str(path)).write(block)
    return path
