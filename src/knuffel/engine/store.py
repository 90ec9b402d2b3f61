"""Where results go while a run is going on: memory, or a Zarr v3 group written chunk by chunk.

Every chunk is written once and whole, at its final place. Arrays of known length are made in full at the start; arrays
of events grow block by block and are cut to length when the run is complete. A killed run therefore leaves either no
chunk or a chunk that the resumed run writes again with the same bits.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from knuffel.errors import StoreError

__all__ = [
    "MemorySink",
    "Recorded",
    "Sink",
    "Variable",
    "ZarrSink",
    "atomic_path",
    "atomic_write",
    "open_store",
    "storage_errors",
]

RESULT = "result.zarr"
_COMPLETE = "complete"
_LARGE = 2**22
"""Bytes from which an array is kept as one column while it does not change."""


@dataclass(frozen=True)
class Variable:
    """One named array with its dimensions, unit and a line of description. ``data`` is a numpy or a Zarr array."""

    name: str
    dims: tuple[str, ...]
    unit: str
    long_name: str
    data: Any


@dataclass(frozen=True)
class Recorded:
    """What a run left behind: variables by name, and attributes that JSON can hold (provenance)."""

    variables: Mapping[str, Variable]
    attributes: Mapping[str, Any] = field(default_factory=dict)


class Sink(Protocol):
    """Takes blocks of arrays at increasing places and gives back the finished record."""

    def create(self, variable: Variable, shape: tuple[int | None, ...], chunk: int, dtype: str) -> None:
        """Make room for a variable; the last axis grows, None is an open end; ``chunk`` is the block length."""
        ...

    def write(self, name: str, start: int, block: npt.NDArray[Any]) -> None:
        """Write a block at ``start`` of the last axis."""
        ...

    def finish(self, lengths: Mapping[str, int], attributes: Mapping[str, Any]) -> Recorded:
        """Cut open ends to length, add the attributes, and return the record."""
        ...


class MemorySink:
    """Keeps everything in memory: for interactive use and short runs."""

    def __init__(self) -> None:
        self._variables: dict[str, Variable] = {}
        self._whole: dict[str, npt.NDArray[Any]] = {}
        self._still: dict[str, npt.NDArray[Any]] = {}
        self._written: dict[str, int] = {}
        self._blocks: dict[str, list[npt.NDArray[Any]]] = {}

    def create(self, variable: Variable, shape: tuple[int | None, ...], chunk: int, dtype: str) -> None:
        """Make room for what has a known length; blocks of the rest are kept until the end.

        Blocks are not gathered when the length is known, since joining them would take the memory twice. In a large
        cohort most levels never change (of a drug that is not given, say): such an array is a view of one column, and
        read only.
        """
        self._variables[variable.name] = variable
        known = tuple(size or 0 for size in shape)
        if shape[-1] is None:
            self._blocks[variable.name] = [np.zeros(known, dtype=dtype)]
        else:
            self._whole[variable.name] = np.empty(known, dtype=dtype)
            self._written[variable.name] = 0

    def write(self, name: str, start: int, block: npt.NDArray[Any]) -> None:
        """Keep a copy of the block."""
        if name not in self._whole:
            self._blocks[name].append(np.array(block))
            return
        whole, self._written[name] = self._whole[name], start + block.shape[-1]
        if whole.ndim > 1 and whole.nbytes >= _LARGE and (start == 0 or name in self._still):
            first = self._still.setdefault(name, np.array(block[..., :1]))
            if np.array_equal(block, np.broadcast_to(first, block.shape)):
                return
            whole[..., :start] = self._still.pop(name)
        whole[..., start : self._written[name]] = block

    def finish(self, lengths: Mapping[str, int], attributes: Mapping[str, Any]) -> Recorded:
        """Join the blocks of what had an open end, and cut off what was not written of the rest."""
        variables = {}
        for name, item in self._variables.items():
            if name in self._still:
                first = self._still[name]
                data = np.broadcast_to(first, (*first.shape[:-1], self._written[name]))
            elif name in self._whole:
                data = self._whole[name][..., : self._written[name]]
            else:
                data = np.concatenate(self._blocks[name], axis=-1)
            variables[name] = Variable(item.name, item.dims, item.unit, item.long_name, data)
        return Recorded(variables, dict(attributes))


class ZarrSink:
    """Writes a Zarr v3 group at ``directory``/result.zarr; ``resume`` opens the group of an interrupted run."""

    def __init__(self, directory: Path, *, resume: bool = False) -> None:
        import zarr

        self.path = directory / RESULT
        with storage_errors(self.path):
            if resume:
                self._group = zarr.open_group(str(self.path), mode="r+", zarr_format=3, use_consolidated=False)
            else:
                if self.path.exists():
                    shutil.rmtree(self.path)
                self._group = zarr.create_group(str(self.path), zarr_format=3)
        self._resume = resume

    def create(self, variable: Variable, shape: tuple[int | None, ...], chunk: int, dtype: str) -> None:
        """Make the array; on resume it is there already, from an earlier run of the same scenario."""
        if self._resume and variable.name in self._group:
            return
        full = tuple(0 if size is None else size for size in shape)
        last = chunk if shape[-1] is None else min(chunk, full[-1])
        chunks = (*(max(size, 1) for size in full[:-1]), max(last, 1))
        with storage_errors(self.path):
            self._group.create_array(
                variable.name,
                shape=full,
                chunks=chunks,
                dtype=dtype,
                fill_value=np.nan if np.dtype(dtype).kind == "f" else 0,
                dimension_names=variable.dims,
                attributes={"units": variable.unit, "long_name": variable.long_name},
            )

    def write(self, name: str, start: int, block: npt.NDArray[Any]) -> None:
        """Write a block at its final place."""
        end = start + block.shape[-1]
        with storage_errors(self.path):
            array: Any = self._group[name]
            if array.shape[-1] < end:
                array.resize((*array.shape[:-1], end))
            array[..., start:end] = block

    def finish(self, lengths: Mapping[str, int], attributes: Mapping[str, Any]) -> Recorded:
        """Cut the open ends and mark the group as complete."""
        with storage_errors(self.path):
            for name, length in lengths.items():
                array: Any = self._group[name]
                if array.shape[-1] != length:
                    array.resize((*array.shape[:-1], length))
            self._group.attrs.update({"knuffel": json.dumps(dict(attributes)), _COMPLETE: True})
        return open_store(self.path.parent)


def open_store(directory: str | os.PathLike[str]) -> Recorded:
    """Open a finished result directory; arrays stay on disk until they are read.

    Raises `StoreError` when there is no result, or when its run was interrupted and has to be resumed first.
    """
    path = Path(directory)
    path = path if path.name == RESULT else path / RESULT
    if not (path / "zarr.json").exists():
        raise StoreError(f"{path.parent}: no knuffel result here")
    import zarr

    with storage_errors(path):
        group = zarr.open_group(str(path), mode="r", zarr_format=3, use_consolidated=False)
        if not group.attrs.get(_COMPLETE):
            raise StoreError(f"{path.parent}: this run was interrupted; continue it with --resume")
        variables = {}
        for name, array in group.arrays():
            dims = tuple(str(dim) for dim in getattr(array.metadata, "dimension_names", None) or ())
            unit, long_name = str(array.attrs.get("units", "1")), str(array.attrs.get("long_name", name))
            variables[name] = Variable(name, dims, unit, long_name, array)
        attributes = json.loads(str(group.attrs["knuffel"]))
    return Recorded(dict(sorted(variables.items())), attributes)


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system says into a `StoreError` that names the place and the remedy."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StoreError(f"{path}: the disk is full; make room and continue with --resume") from error
        raise StoreError(f"{path}: {error.strerror or error}") from error


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a hidden name to write to, and rename it to ``path`` when the block ends well. Raises `StoreError`."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield partial
            with partial.open("rb+") as file:
                os.fsync(file.fileno())
            partial.replace(path)
    finally:
        with storage_errors(path):
            partial.unlink(missing_ok=True)


def atomic_write(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old or the new content, also after a crash: write, fsync, rename."""
    with atomic_path(path) as partial:
        partial.write_bytes(content)
