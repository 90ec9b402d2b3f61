"""Spike times from NWB, the neurodata-without-borders format (DOI 10.7554/eLife.78362), through pynwb."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from knuffel.errors import MissingExtra
from knuffel.recordings.soundness import Numbers, refuse

__all__ = ["is_nwb", "read_nwb"]

_WANTED = "an NWB file with a table of units"
_NAMES = ("unit_name", "unit_id", "cell", "cell_id", "label")


def is_nwb(path: Path) -> bool:
    """Whether an HDF5 file says that it is NWB."""
    import h5py

    try:
        with h5py.File(path, "r") as held:
            return "nwb_version" in held.attrs
    except OSError:
        return False


def read_nwb(path: Path, file: str, *, hdf5: bool) -> Numbers:
    """Return the spike times of all units, in s. ``hdf5`` says whether the file is HDF5 at all.

    Raises `DataError` for a file that is not NWB, is damaged, or has no units; `MissingExtra` without pynwb.
    """
    if not hdf5:
        refuse("this is not an NWB file", file, found="a file that is not HDF5", allowed=_WANTED)
    if not is_nwb(path):
        refuse("this is not an NWB file", file, found="HDF5 of another kind, or damaged", allowed=_WANTED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about versions of the format and cached schemas
        try:
            from pynwb import NWBHDF5IO
        except ImportError as error:
            raise MissingExtra("reading NWB", "nwb") from error
        try:
            with NWBHDF5IO(str(path), "r") as opened:
                found = _units(opened.read().units, file)
        except Exception as error:  # the library raises many classes for what does not follow the format
            refuse("the NWB file cannot be read", file, found=_short(error), allowed=_WANTED)
    if found is None:
        refuse("the NWB file holds no spike times", file, found="no units with spike_times", allowed=_WANTED)
    return found


def _units(units: Any, file: str) -> Numbers | None:
    """Return the columns of the table of units; the table itself is slow to build."""
    if units is None or "spike_times" not in units.colnames:
        return None
    index = units["spike_times"]
    flat = np.asarray(index.target.data[:], dtype=np.float64)
    ends = np.asarray(index.data[:], dtype=np.int64)
    columns = np.split(flat, ends[:-1]) if len(ends) else []
    chosen = next((name for name in _NAMES if name in units.colnames), None)
    words = units[chosen].data[:] if chosen else units.id[:]
    names = [word.decode() if isinstance(word, bytes) else str(word) for word in words]
    if len(set(names)) < len(names):
        names = [str(word) for word in units.id[:]]
    duration = None
    if "obs_intervals" in units.colnames:
        observed = np.asarray(units["obs_intervals"].target.data[:], dtype=np.float64)
        duration = float(observed.max()) if observed.size and np.isfinite(observed).all() else None

    def place(cell: int, number: int) -> dict[str, Any]:
        return {"key": f"units.spike_times of unit {names[cell]}, spike {number + 1}"}

    return Numbers(columns, names, file, "s", duration, place)


def _short(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:160]}"
