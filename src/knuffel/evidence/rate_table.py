"""Rate tables: what the spiking cells of one set do on average, computed beforehand, with where it came from.

A file is JSON text; `knuffel build-rate-tables` writes it, nobody types it. The folder ``rate_tables`` holds one file
for each cell set of the package.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.errors import DataError, ParameterError, nearest
from knuffel.evidence.load import root
from knuffel.evidence.resolve import Override, Resolved

__all__ = ["FOLDER", "RateTable", "numbers_hash", "rate_table", "read_rate_table", "table_names", "table_text"]

FOLDER = "rate_tables"
_FORMAT = 1
_AXES = {
    "firing_rate": ("inhibition_ratio", "excitation_gain"),
    "squared_calcium": ("release_ratio", "openness", "rate"),
    "calcium_entry": ("release_ratio", "openness", "rate"),
}

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RateTable:
    """What equal cells of a set do in the long run at constant input.

    ``firing_rate`` (ratio, gain) in Hz: over ``excitation_gain`` and ``inhibition_ratio``, the gain of the inhibition
    over that of the excitation. ``squared_calcium`` and ``calcium_entry`` (ratio, openness, rate): the mean square of
    fast calcium in s for each spike, divided by the square of the openness, and the calcium that a spike lets in,
    divided by the openness; over ``release_ratio`` (as above), ``openness`` (what slow calcium leaves of the entry,
    0 to 1), and ``rate`` (Hz). All axes ascend.

    ``parameters`` are the numbers of the spiking cells, ``changes`` those of them that the user set, both by id;
    ``models`` the components that were run; ``cells``, ``seconds``, ``seed``, ``version`` how. ``digest`` is the hash
    of the file, ``where`` its name.
    """

    set: str
    models: tuple[str, ...]
    version: str
    seed: int
    cells: int
    seconds: int
    parameters: Mapping[str, tuple[float, str]]
    changes: tuple[str, ...]
    excitation_gain: Floats
    inhibition_ratio: Floats
    firing_rate: Floats
    rate: Floats
    release_ratio: Floats
    openness: Floats
    squared_calcium: Floats
    calcium_entry: Floats
    digest: str = ""
    where: str = ""

    @property
    def overrides(self) -> dict[str, Override]:
        """The numbers that differ from the cell set, by id."""
        return {name: Override(*self.parameters[name], self.where) for name in self.changes}

    @property
    def rate_at_rest(self) -> float:
        """Firing rate in Hz at gains of 1."""
        row = int(np.searchsorted(self.inhibition_ratio, 1))
        return float(np.interp(1, self.excitation_gain, self.firing_rate[row]))

    def check(self, resolved: Mapping[str, Resolved]) -> None:
        """Raise `ParameterError` when the table was computed with other numbers than those in use."""
        for name, (value, unit) in self.parameters.items():
            now = resolved[name]
            if (now.value, now.unit) != (value, unit):
                raise ParameterError(
                    f"the rate table {self.where} was computed with {name} = {value:g} {unit}, and this run has "
                    f"{now.value} {now.unit} ({now.origin}): build a table with it (knuffel build-rate-tables "
                    f"{self.set} --set {name}=…) and name it in rate_table, or use fidelity: spiking"
                )


def table_names() -> tuple[str, ...]:
    """Return the cell sets that come with a table."""
    files = (item.name for item in (root() / FOLDER).iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in files if name.endswith(".json")))


@lru_cache(maxsize=8)
def rate_table(name: str) -> RateTable:
    """Return the table of a cell set of the package. Raises `ParameterError`, `DataError`."""
    if name not in table_names():
        guess = nearest(name, table_names())
        raise ParameterError(
            f"there is no rate table for the set {name!r}" + (f"; did you mean {guess!r}?" if guess else "")
        )
    return _parsed((root() / FOLDER / f"{name}.json").read_text(encoding="utf-8"), f"{name}.json")


def read_rate_table(path: str | Path) -> RateTable:
    """Return the table in a file. Raises `DataError` when it cannot be read or is not one."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as a rate table: {error}") from error
    return _parsed(text, str(path))


def numbers_hash(models: tuple[str, ...], parameters: Mapping[str, tuple[float, str]]) -> str:
    """Return the SHA-256 of the models and numbers that a table follows from."""
    content = [list(models), {name: list(item) for name, item in sorted(parameters.items())}]
    return sha256(json.dumps(content).encode()).hexdigest()


def table_text(table: RateTable) -> str:
    """Return the content of the file of a table: one line for each entry; equal tables give equal bytes."""
    content: dict[str, Any] = {"format": _FORMAT, "numbers_hash": numbers_hash(table.models, table.parameters)}
    for item in fields(table):
        if item.name not in ("digest", "where"):
            value = getattr(table, item.name)
            content[item.name] = value.tolist() if isinstance(value, np.ndarray) else value
    rows = (f" {json.dumps(name)}: {json.dumps(value)}" for name, value in content.items())
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _parsed(text: str, where: str) -> RateTable:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise DataError(f"{where}: not a rate table: {error}") from error
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise DataError(f"{where}: not a rate table of format {_FORMAT}; build it with knuffel build-rate-tables")
    names = {item.name for item in fields(RateTable)} - {"digest", "where"}
    if missing := sorted(names - content.keys()):
        raise DataError(f"{where}: {', '.join(missing)} is missing")
    try:
        values = {name: _value(name, content[name]) for name in names}
    except (TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{where}: not a rate table: {error}") from error
    table = RateTable(**values, digest=sha256(text.encode()).hexdigest(), where=where)
    if content.get("numbers_hash") != numbers_hash(table.models, table.parameters):
        raise DataError(f"{where}: the numbers were changed after the table was computed: build it anew")
    if problems := list(_problems(table)):
        raise DataError(f"{where}: {problems[0]}")
    return table


def _value(name: str, value: Any) -> Any:
    if name == "parameters":
        return {key: (float(number), str(unit)) for key, (number, unit) in value.items()}
    if name in ("models", "changes"):
        return tuple(map(str, value))
    if name in ("set", "version"):
        return str(value)
    return int(value) if name in ("seed", "cells", "seconds") else np.array(value, dtype=np.float64)


def _problems(table: RateTable) -> Iterator[str]:
    for name in dict.fromkeys(axis for axes in _AXES.values() for axis in axes):
        axis = getattr(table, name)
        if axis.ndim != 1 or len(axis) < 2 or not (np.isfinite(axis).all() and (np.diff(axis) > 0).all()):
            yield f"{name} has to be a row of ascending numbers"
            return
    for name, axes in _AXES.items():
        values, shape = getattr(table, name), tuple(len(getattr(table, axis)) for axis in axes)
        if values.shape != shape or not (np.isfinite(values).all() and (values >= 0).all()):
            yield f"{name} has to hold numbers of at least 0, {' x '.join(map(str, shape))} of them"
    if missing := set(table.changes) - set(table.parameters):
        yield f"changes names {', '.join(sorted(missing))}, which is not among the parameters"
