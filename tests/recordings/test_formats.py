"""NWB, Spike2 and other formats: small real files written and read back; the wrong ones refused."""

from __future__ import annotations

import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from knuffel.errors import DataError, MissingExtra
from knuffel.recordings import read_recording
from tests.recordings.files import EVENT, MARKED, write_mat, write_nwb, write_smr

A, B = [0.1, 0.25, 0.9], [0.12, 0.4]


def test_nwb_is_read_back(tmp_path: Path) -> None:
    found = read_recording(write_nwb(tmp_path / "two.nwb", {"OT1": A, "OT2": B}))
    assert found.cells == ("OT1", "OT2")
    assert [times.tolist() for times in found.times] == [[100, 250, 900], [120, 400]]
    assert (found.unit, found.duration, found.notices) == ("s", 900, ())
    observed = read_recording(write_nwb(tmp_path / "observed.nwb", {"OT1": A, "OT2": B}, observed=60))
    assert observed.duration == 60_000
    assert read_recording((tmp_path / "two.nwb").rename(tmp_path / "other.h5")).cells == ("OT1", "OT2")


def test_nwb_with_wrong_times_names_unit_and_spike(tmp_path: Path) -> None:
    path = write_nwb(tmp_path / "wrong.nwb", {"OT1": A, "OT2": [0.4, 0.3]})
    with pytest.raises(DataError, match=r"units\.spike_times of unit OT2, spike 2: the times of cell OT2 do not asc"):
        read_recording(path)
    assert read_recording(path, sort=True).times[1].tolist() == [300, 400]
    milliseconds = write_nwb(tmp_path / "ms.nwb", {"OT1": np.arange(1, 40) * 431.7})
    assert "unit_suspect" in [notice.code for notice in read_recording(milliseconds).notices]
    assert read_recording(milliseconds, unit="ms").times[0][0] == 431.7


def test_wrong_nwb_files_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.nwb"
    text.write_text("0.1\n0.2\n")
    with pytest.raises(DataError, match=r"not an NWB file .*not HDF5"):
        read_recording(text)
    other = tmp_path / "other.nwb"
    with h5py.File(other, "w") as held:
        held["spike_times"] = A
    with pytest.raises(DataError, match=r"not an NWB file .*HDF5 of another kind"):
        read_recording(other)
    for name, units in (("no_units.nwb", None), ("no_times.nwb", {"OT1": None})):
        with pytest.raises(DataError, match="holds no spike times"):
            read_recording(write_nwb(tmp_path / name, units))
    broken = tmp_path / "broken.nwb"
    broken.write_bytes(write_nwb(tmp_path / "whole.nwb", {"OT1": A}).read_bytes()[:5000])
    with pytest.raises(DataError, match=r"damaged|cannot be read"):
        read_recording(broken)
    claims = tmp_path / "claims.nwb"
    with h5py.File(claims, "w") as held:
        held.attrs["nwb_version"] = "2.7.0"
    with pytest.raises(DataError, match="cannot be read"):
        read_recording(claims)


def test_spike2_with_sorted_spikes(tmp_path: Path) -> None:
    ticks = [10_000, 12_000, 25_000, 40_000, 90_000]
    channels = [("Spikes", MARKED, ticks, [1, 2, 1, 2, 1]), ("Stim", EVENT, [50_000], [])]
    found = read_recording(write_smr(tmp_path / "cell.smr", channels))
    assert found.cells == ("Spikes (ch0#1)", "Spikes (ch0#2)")
    assert [times.tolist() for times in found.times] == [[100, 250, 900], [120, 400]]
    assert found.duration == 900 and found.notices == ()


def test_spike2_keeps_spike_times_in_event_channels(tmp_path: Path) -> None:
    channels = [("OT1", EVENT, [10_000, 25_000, 90_000], []), ("OT2", EVENT, [12_000, 40_000], [])]
    found = read_recording(write_smr(tmp_path / "events.smr", channels))
    assert found.cells == ("OT1", "OT2")
    assert [times.tolist() for times in found.times] == [[100, 250, 900], [120, 400]]
    assert [notice.code for notice in found.notices] == ["events_as_spikes"]


def test_a_format_that_neo_writes_and_reads(tmp_path: Path) -> None:
    found = read_recording(write_mat(tmp_path / "cells.mat", {"OT1": A, "OT2": B}, 60))
    assert found.cells == ("OT1", "OT2")
    assert [times.tolist() for times in found.times] == [[100, 250, 900], [120, 400]]
    assert found.duration == 60_000


@pytest.mark.parametrize("name", ["noise.smr", "noise.mat", "noise.smrx", "noise.unknown", "noise"])
def test_binary_files_that_no_reader_takes(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(np.random.default_rng(1).integers(0, 256, 4000, dtype=np.uint8).tobytes())
    with pytest.raises(DataError, match=rf"{name}.*(cannot be read|holds no spikes)"):
        read_recording(path)


def test_pickles_are_never_opened(tmp_path: Path) -> None:
    path = tmp_path / "cells.pkl"
    path.write_bytes(b"\x80\x04cos\nsystem\n")
    with pytest.raises(DataError, match="may hold programs"):
        read_recording(path)


@pytest.mark.parametrize(("library", "name"), [("pynwb", "two.nwb"), ("neo.io", "cell.smr")])
def test_a_missing_library_gives_the_line_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, name: str
) -> None:
    path = tmp_path / name
    if name.endswith(".nwb"):
        write_nwb(path, {"OT1": A})
    else:
        write_smr(path, [("OT1", EVENT, [10_000], [])])
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtra, match=r"pip install 'knuffel\[nwb\]'"):
        read_recording(path)
