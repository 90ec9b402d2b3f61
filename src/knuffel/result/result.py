"""The result of a run: labelled numbers, where they come from, and ways to look at them and take them along."""

from __future__ import annotations

import os
import shutil
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from knuffel.engine.random import Streams
from knuffel.engine.store import RESULT, Recorded, ZarrSink, open_store, storage_errors
from knuffel.errors import DataError, Notice, StoreError

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

    from knuffel.observe.tocograph import Trace

__all__ = ["Result", "content_hash"]

_HASH_BLOCK = 2**20
_WRITE_BLOCK = 2**18


def content_hash(recorded: Recorded) -> str:
    """Return the SHA-256 (hex) over all numbers: name, type, shape and little-endian bytes, sorted by name.

    Arrays are read in blocks along their last axis whose length depends on the shape alone, so memory stays flat and
    a result in memory has the same hash as the same result on disk.
    """
    digest = sha256()
    for name in sorted(recorded.variables):
        data = recorded.variables[name].data
        dtype = np.dtype(data.dtype).newbyteorder("<")
        digest.update(f"{name}\n{dtype.str}\n{tuple(int(size) for size in data.shape)}\n".encode())
        rows = max(int(np.prod(data.shape[:-1], dtype=np.int64)), 1)
        block = max(_HASH_BLOCK // rows, 1)
        for start in range(0, int(data.shape[-1]), block):
            piece = np.asarray(data[..., start : start + block])
            digest.update(np.ascontiguousarray(piece, dtype=dtype).tobytes())
    return digest.hexdigest()


class Result:
    """What a finished run left behind, in memory or on disk.

    ``recorded`` holds the arrays and the provenance, ``path`` the directory it was saved to, if it was. Nothing is
    read before it is asked for.
    """

    def __init__(self, recorded: Recorded, path: str | os.PathLike[str] | None = None) -> None:
        self.recorded: Recorded = recorded
        self.path = None if path is None else Path(path)

    def __repr__(self) -> str:
        """Say which scenario, seed and version this is."""
        facts = [str(self.attributes.get("scenario_name", "unnamed")), f"seed {self.attributes.get('seed')}"]
        facts += [f"{self.duration:g} s", f"knuffel {self.attributes.get('version')}"]
        return f"<Result {', '.join(facts)}{f', {self.path}' if self.path else ''}>"

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Result:
        """Open a saved result. Raises `StoreError` when there is none, or its run has not finished."""
        return cls(open_store(path), path)

    @property
    def attributes(self) -> dict[str, Any]:
        """Return the provenance: version, scenario, seed, parameters, sources, notices, evidence grades, platform."""
        return dict(self.recorded.attributes)

    @property
    def duration(self) -> float:
        """Return the length of the run in s."""
        return float(self.attributes.get("duration_ms", 0)) / 1000

    @property
    def notices(self) -> list[Notice]:
        """Return the warnings that travel with the result."""
        return [
            Notice(str(item.get("code", "")), str(item.get("message", "")), str(item.get("where", "")))
            for item in self.attributes.get("notices", ())
        ]

    @cached_property
    def content_hash(self) -> str:
        """Return the SHA-256 over all numbers; see `content_hash`."""
        return content_hash(self.recorded)

    @cached_property
    def dataset(self) -> xarray.Dataset:
        """Return the labelled dataset; arrays on disk are read when their values are used.

        Coordinates: ``time`` in s with the clock time of its zero as attribute, and ``subject``. Events are flat
        variables along a dimension of their own. Each variable carries ``units``, ``long_name``, ``port`` and
        ``evidence``; provenance stands in the attributes of the dataset, structured parts as JSON texts.
        """
        from knuffel.result.dataset import to_dataset

        return to_dataset(self.recorded, self.content_hash)

    def summary(self) -> dict[str, dict[str, Any]]:
        """Return name -> {value, unit, evidence} for whatever ran; see `knuffel.analysis.summaries`."""
        return dict(self._summary)

    @cached_property
    def _summary(self) -> dict[str, dict[str, Any]]:
        from knuffel.analysis.summaries import summarise

        return summarise(self.recorded)

    def cite(self) -> list[str]:
        """Return the references behind what actually ran, one line each, sorted by author."""
        return sorted(_reference(item) for item in self.attributes.get("sources", ()))

    def tocograph(self, start: float = 0, end: float | None = None, *, subject: int = 0) -> Trace:
        """Return the pressure trace of a uterus at 10 Hz from ``start`` to ``end`` (s; the end of the run by default).

        ``subject`` is the row. Any window gives the same bits. Raises `DataError` when no uterus was recorded or the
        window is empty.
        """
        from knuffel.observe.tocograph import trace

        until = self.duration if end is None else end
        try:
            return trace(self.recorded, self._streams(), round(start * 1000), round(until * 1000), subject=subject)
        except ValueError as error:
            raise DataError(str(error)) from error

    def _streams(self) -> Streams:
        return Streams(int(self.attributes.get("seed", 0)), "observe")

    def to_netcdf(self, path: str | os.PathLike[str]) -> Path:
        """Write everything into one netCDF-4 file and return its path. Raises `StoreError`."""
        from knuffel.result.export import write_netcdf

        return write_netcdf(self.recorded, Path(path), self.content_hash)

    def to_csv(self, directory: str | os.PathLike[str]) -> list[Path]:
        """Write time series, spikes, contractions, samples, summary and parameters as CSV and return the paths.

        Lines that begin with # say what a column is, its unit, and where the numbers come from. Raises `StoreError`.
        """
        from knuffel.result.export import write_csv

        return write_csv(self.recorded, Path(directory), self._summary, self.content_hash)

    def to_events(self, path: str | os.PathLike[str], series: str | None = None) -> Path:
        """Write doses, one sampling series and covariates as a dosing table, and return its path.

        A scenario reads it as its ``dose_table`` and gives the same doses. ``series`` names the sampling series when
        there are several; none writes only doses. Raises `DataError`, `StoreError`.
        """
        from knuffel.result.events import write_events

        return write_events(self.recorded, Path(path), series)

    def to_observations(self, path: str | os.PathLike[str], series: str | None = None) -> Path:
        """Write what laboratories report of all sampling series, or of one, as CSV, and return its path.

        Raises `DataError` without samples or when they are in different units, `StoreError`.
        """
        from knuffel.result.events import write_observed

        return write_observed(self.recorded, Path(path), series)

    def figure(self, path: str | os.PathLike[str] | None = None, *, lang: str = "en") -> Figure:
        """Return the one-page figure; with ``path``, also write it (the ending says how: png, svg, pdf).

        Raises `MissingExtra` without matplotlib, `StoreError` when the place cannot be written.
        """
        from knuffel.report.figure import draw

        return draw(self, path, lang=lang)

    def report(self, path: str | os.PathLike[str], lang: str = "en") -> Path:
        """Write the self-contained HTML report in English ("en") or Dutch ("nl") and return its path.

        Raises `MissingExtra` without matplotlib or jinja2, `StoreError` when the place cannot be written.
        """
        from knuffel.report.html import write

        return write(self, Path(path), lang=lang)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the result to a directory that `Result.open` reads, whole or not at all, and return the directory.

        An older result there is replaced. Raises `StoreError` when something else is there, or on a full disk.
        """
        target = Path(path)
        if self.path is not None and target.absolute() == self.path.absolute():
            return target
        ours = not target.exists() or (target / RESULT).exists()
        if not ours and (not target.is_dir() or any(target.iterdir())):
            raise StoreError(f"{target}: holds files that are not a knuffel result; choose another place")
        partial = target.with_name(f".{target.name}.partial")
        try:
            with storage_errors(target):
                shutil.rmtree(partial, ignore_errors=True)
                partial.mkdir(parents=True)
                _write_store(self.recorded, partial)
                if target.exists():
                    shutil.rmtree(target)
                partial.rename(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return target


def _write_store(recorded: Recorded, directory: Path) -> None:
    sink = ZarrSink(directory)
    for name, variable in recorded.variables.items():
        data = variable.data
        rows = max(int(np.prod(data.shape[:-1], dtype=np.int64)), 1)
        block = max(min(_WRITE_BLOCK // rows, int(data.shape[-1])), 1)
        sink.create(variable, tuple(data.shape), block, str(data.dtype))
        for start in range(0, int(data.shape[-1]), block):
            sink.write(name, start, np.asarray(data[..., start : start + block]))
    sink.finish({}, recorded.attributes)


def _reference(source: dict[str, Any]) -> str:
    authors = source.get("authors") or ""
    authors = authors if isinstance(authors, str) else ", ".join(map(str, authors))
    year = f" ({source['year']})" if source.get("year") else ""
    place = f"https://doi.org/{source['doi']}" if source.get("doi") else source.get("url") or ""
    parts = [f"{authors}{year}".strip(), str(source.get("title") or source.get("key") or ""), str(place)]
    return ". ".join(part.rstrip(".") for part in parts if part)
