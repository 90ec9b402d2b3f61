"""Taking a result along: one netCDF file, or a folder of CSV files.

Arrays are copied block by block, and a file appears whole or not at all.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from knuffel.engine.random import Streams
from knuffel.engine.store import Recorded, atomic_path
from knuffel.errors import StoreError
from knuffel.observe.tocograph import blocks
from knuffel.result.dataset import labelled, provenance
from knuffel.scenario.times import clock_text

__all__ = ["write_csv", "write_netcdf"]

_BLOCK = 2**17
_COMPRESSION = 4

Rows = Iterable[Sequence[Any]]


def write_netcdf(recorded: Recorded, path: Path, digest: str) -> Path:
    """Write all arrays and the provenance to a netCDF-4 file that xarray, MATLAB, R and Panoply read."""
    if find_spec("h5netcdf") is None or find_spec("h5py") is None:
        raise StoreError(f"{path}: netCDF needs a library that is missing: pip install h5netcdf h5py")
    import h5netcdf

    arrays = labelled(recorded)
    with atomic_path(path) as partial, h5netcdf.File(partial, "w") as file:
        for item in arrays.values():
            for dim, size in zip(item.dims, item.data.shape, strict=True):
                if dim not in file.dimensions:
                    file.dimensions[dim] = int(size)
        for name, item in arrays.items():
            shape = tuple(int(size) for size in item.data.shape)
            rows = max(int(np.prod(shape[:-1], dtype=np.int64)), 1)
            block = max(min(_BLOCK // rows, shape[-1]), 1)
            packing: dict[str, Any] = {}
            if min(shape) > 0:
                packing = {
                    "chunks": (*shape[:-1], block),
                    "compression": "gzip",
                    "compression_opts": _COMPRESSION,
                    "shuffle": True,
                }
            variable = file.create_variable(name, item.dims, np.dtype(item.data.dtype), **packing)
            for start in range(0, shape[-1], block):
                variable[..., start : start + block] = np.asarray(item.data[..., start : start + block])
            for key, text in item.attributes.items():
                variable.attrs[key] = text
        for key, value in provenance(recorded, digest).items():
            file.attrs[key] = value
    return path


def write_csv(recorded: Recorded, directory: Path, summary: Mapping[str, Mapping[str, Any]], digest: str) -> list[Path]:
    """Write the tables of a result into ``directory`` and return their paths, provenance.json last."""
    writer = _Tables(recorded, directory, digest)
    written = [writer.time_series()]
    if "neurons.spike.time" in recorded.variables:
        columns = {"time": "s", "subject": "1", "index": "1"}
        written.append(writer.events("neurons.spike", "spikes.csv", columns, {"index": "neuron"}))
    if "uterus.contraction.time" in recorded.variables:
        columns = {"time": "s", "subject": "1", "index": "1", "amplitude": "mmHg", "duration": "s"}
        written.append(writer.events("uterus.contraction", "contractions.csv", columns, {"index": "number"}))
        if recorded.attributes.get("tocograph"):
            written.append(writer.tocograph())
    if any(item.dims == ("subject",) for item in recorded.variables.values()):
        written.append(writer.people())
    if any(name.startswith("sample.") for name in recorded.variables):
        written.append(writer.samples())
    several = ["p05", "p95"] if any("p05" in row for row in summary.values()) else []
    columns_of = ["value", *several, "unit", "evidence"]
    rows = ([name, *(row.get(column, "") for column in columns_of)] for name, row in summary.items())
    notes = ["value: median over the subjects; p05, p95: what 5 and 95 % of them stay below"] if several else []
    written.append(writer.table("summary.csv", ["name", *columns_of], notes, rows))
    fields = ["id", "value", "unit", "status", "source", "origin", "where", "title"]
    listed = recorded.attributes.get("parameters", ())
    lines = ([_plain(item.get(field)) for field in fields] for item in listed)
    written.append(writer.table("parameters.csv", fields, [], lines))
    written.append(writer.provenance())
    return written


class _Tables:
    """The tables of one result; every file begins with where its numbers come from."""

    def __init__(self, recorded: Recorded, directory: Path, digest: str) -> None:
        self.recorded, self.directory, self.digest = recorded, directory, digest
        facts = recorded.attributes
        clock = clock_text(int(facts.get("start_clock", 0)))
        self.subjects = np.asarray(facts.get("subject_index", [0]))
        self.head = [
            f"knuffel {facts.get('version', '')}, scenario {facts.get('scenario_name', '')}",
            f"seed {facts.get('seed', '')}",
            f"scenario hash {facts.get('scenario_hash', '')}",
            f"content hash {digest}",
            f"time zero is {clock}; parameters and sources are in parameters.csv and provenance.json",
        ]

    def tocograph(self) -> Path:
        """Write the pressure trace of every subject at 10 Hz."""
        notes = ["pressure: as the catheter shows it; truth: without noise; tone: between contractions; all in mmHg"]
        return self.table("tocograph.csv", ["time_s", "subject", "pressure", "truth", "tone"], notes, self._traces())

    def _traces(self) -> Rows:
        streams = Streams(int(self.recorded.attributes.get("seed", 0)), "observe")
        end = int(self.recorded.attributes["duration_ms"])
        for row, subject in enumerate(self.subjects):
            for piece in blocks(self.recorded, streams, 0, end, subject=row):
                values = zip(piece.time, piece.pressure, piece.truth, piece.tone, strict=True)
                for time, *pressures in values:
                    yield [f"{time:.1f}", subject, *(f"{pressure:.3f}" for pressure in pressures)]

    def table(self, name: str, header: Sequence[str], notes: Sequence[str], rows: Rows) -> Path:
        """Write one table: comment lines, a header line, rows."""
        path = self.directory / name
        with atomic_path(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
            self._comments(file, [*self.head, *notes])
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)
        return path

    @staticmethod
    def _comments(file: TextIO, lines: Iterable[str]) -> None:
        for line in lines:
            file.write(f"# {' '.join(line.split())}\n")

    def time_series(self) -> Path:
        """Write every variable on the time axis: one row for each subject and time."""
        shown = [item for item in self.recorded.variables.values() if item.dims == ("subject", "time")]
        grades = self.recorded.attributes.get("evidence", {})
        notes = ["time: s after the start; subject: place in the cohort"]
        for item in shown:
            grade = f"; evidence: {grades[item.name]}" if grades.get(item.name) else ""
            notes.append(f"{item.name}: {item.unit}; {item.long_name}{grade}")
        header = ["subject", "time_s", *(item.name for item in shown)]
        return self.table("time_series.csv", header, notes, self._series_rows([item.data for item in shown]))

    def _series_rows(self, arrays: Sequence[Any]) -> Rows:
        time = self.recorded.variables["time"].data
        length, rows = int(time.shape[0]), len(self.subjects)
        block = max(_BLOCK // (rows * max(len(arrays), 1)), 1)
        for row, subject in enumerate(self.subjects.tolist()):
            for start in range(0, length, block):
                cut = slice(start, start + block)
                seconds = (np.asarray(time[cut]) / 1000).tolist()
                columns = [np.asarray(data[row, cut]).tolist() for data in arrays]
                for place, second in enumerate(seconds):
                    yield [subject, second, *(column[place] for column in columns)]

    def people(self) -> Path:
        """Write what differs between the subjects, one row each."""
        shown = [item for item in self.recorded.variables.values() if item.dims == ("subject",)]
        notes = [f"{item.name}: {item.unit}; {item.long_name}" for item in shown]
        columns = [self.subjects, *(np.asarray(item.data[...]) for item in shown)]
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return self.table("subjects.csv", ["subject", *(item.name for item in shown)], notes, rows)

    def events(self, port: str, name: str, columns: Mapping[str, str], names: Mapping[str, str]) -> Path:
        """Write the events of a port, one row each; the subject is given by its place in the cohort."""
        arrays = {column: self.recorded.variables[f"{port}.{column}"] for column in columns}
        header = [f"{names.get(column, column)}{'' if unit == '1' else f'_{unit}'}" for column, unit in columns.items()]
        notes = [f"{names.get(column, column)}: {columns[column]}; {item.long_name}" for column, item in arrays.items()]
        return self.table(name, header, notes, self._event_rows({key: item.data for key, item in arrays.items()}))

    def _event_rows(self, arrays: Mapping[str, Any]) -> Rows:
        for start in range(0, int(arrays["time"].shape[0]), _BLOCK):
            cut = {name: np.asarray(data[start : start + _BLOCK]) for name, data in arrays.items()}
            cut["time"] = cut["time"] / 1000
            cut["subject"] = self.subjects[cut["subject"]]
            yield from zip(*(column.tolist() for column in cut.values()), strict=True)

    def samples(self) -> Path:
        """Write all sampling series in one long table."""
        names = [name.removesuffix(".truth") for name in self.recorded.variables if name.endswith(".truth")]
        notes = [
            "time: s after the start; truth: what the model holds; value: what the laboratory reports; both in unit"
        ]
        notes.append("truth and value are both in the unit of their row")
        notes.append("censored: 1 below the limit of detection (value is the limit); below_loq: 1 below quantification")
        for name in names:
            if f"{name}.value" in self.recorded.variables:
                notes.append(f"{name}: {self.recorded.variables[f'{name}.value'].long_name}")
        header = ["series", "subject", "time_s", "truth", "value", "unit", "censored", "below_loq"]
        return self.table("samples.csv", header, notes, self._sample_rows(names))

    def _sample_rows(self, names: Sequence[str]) -> Rows:
        factors = {item["name"]: item.get("reported_factor", 1) for item in self.recorded.attributes.get("samples", ())}
        for name in names:
            held = self.recorded.variables
            time = np.asarray(held[f"{name}.time"].data[...]) / 1000
            truth = np.asarray(held[f"{name}.truth"].data[...])
            reported = f"{name}.value" in held
            value = np.asarray(held[f"{name}.value"].data[...]) if reported else truth
            censored = np.asarray(held[f"{name}.censored"].data[...]) if reported else np.zeros(truth.shape, int)
            below = np.asarray(held[f"{name}.below_loq"].data[...]) if reported else np.zeros(truth.shape, int)
            unit, short = held[f"{name}.{'value' if reported else 'truth'}"].unit, name.removeprefix("sample.")
            truth = truth * factors.get(short, 1)
            for row, subject in enumerate(self.subjects.tolist()):
                columns = (time, truth[row], value[row], censored[row], below[row])
                for t, true, seen, flag, low in zip(*(column.tolist() for column in columns), strict=True):
                    yield [short, subject, t, true, seen, unit, flag, low]

    def provenance(self) -> Path:
        """Write every attribute of the run as JSON."""
        path = self.directory / "provenance.json"
        content = {**self.recorded.attributes, "content_hash": self.digest}
        with atomic_path(path) as partial:
            partial.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return path


def _plain(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else value
