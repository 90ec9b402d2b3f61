"""From a file to a `Recording`, whatever its format."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from knuffel.recordings.recording import Recording
from knuffel.recordings.soundness import Numbers, known_unit, refuse, sound

__all__ = ["read_recording"]

_TEXT = frozenset((".csv", ".txt", ".tsv", ".asc"))
_PICKLED = frozenset((".pkl", ".pickle", ".p", ".npy", ".npz"))
_HDF5 = b"\x89HDF\r\n\x1a\n"
_HEAD = 2**16
_FORMATS = "a file of spike times: text, NWB, or what neo reads"


def read_recording(path: str | os.PathLike[str], *, unit: str | None = None, sort: bool = False) -> Recording:
    """Return the spike times of a file: text (CSV, TSV, columns), NWB, or what neo reads (Spike2 and others).

    ``unit`` (s, ms or us) is that of the numbers; the user's wins over the file's, and without either they are taken as
    seconds, with a notice. ``sort`` sorts times that do not ascend, which are refused otherwise. Spikes less than 1 ms
    after another of the same cell are dropped, with a notice. 10^7 spikes take some seconds and less than 1 GB.

    Raises `DataError` with file, line, column, what was found and what is allowed; `MissingExtra` when the library for
    the format is not installed.
    """
    place, file = Path(path), os.fspath(path)
    wanted = known_unit(unit, file)
    return sound(_numbers(place, file), unit=wanted, sort=sort)


def _numbers(path: Path, file: str) -> Numbers:
    head, ending = _head(path, file), path.suffix.lower()
    if ending in _PICKLED:
        refuse(
            "this format is not read: it may hold programs", file, found=ending, allowed="CSV, NWB, or what neo reads"
        )
    if head.startswith(_HDF5) or ending == ".nwb":
        from knuffel.recordings.nwb import is_nwb, read_nwb

        if ending == ".nwb" or is_nwb(path):
            return read_nwb(path, file, hdf5=head.startswith(_HDF5))
    binary = b"\0" in head
    if ending in _TEXT or not binary:
        if not head.strip():
            refuse("the file is empty", file, allowed="a column of spike times")
        if binary:
            refuse("the file is not text", file, found="a NUL byte", allowed="UTF-8 text")
        from knuffel.recordings.text import read_text

        return read_text(path, file)
    from knuffel.recordings.electrophysiology import read_with_neo

    return read_with_neo(path, file)


def _head(path: Path, file: str) -> bytes:
    """Return the first bytes of a regular file; a pipe or a directory is refused."""
    if not file or "\0" in file:
        refuse("no file is given", file.replace("\0", "?"), allowed=_FORMATS)
    try:
        # Not blocking, so that a named pipe without a writer is refused and does not hang.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            os.close(handle)
            refuse("a recording has to be a file", file, found="a directory", allowed=_FORMATS)
    except FileNotFoundError:
        refuse("there is no such file", file, allowed=_FORMATS)
    except OSError as error:
        refuse(f"the file cannot be read: {error.strerror}", file)
    with os.fdopen(handle, "rb") as raw:
        if not stat.S_ISREG(os.fstat(raw.fileno()).st_mode):
            refuse("a recording has to be a file", file, found="no regular file", allowed=_FORMATS)
        return raw.read(_HEAD)
