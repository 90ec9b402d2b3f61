"""Labels of a result: coordinates, units, names and provenance, and the xarray dataset made of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from knuffel.engine.store import Recorded, Variable
from knuffel.scenario.times import clock_text

if TYPE_CHECKING:
    import xarray

__all__ = ["Labelled", "labelled", "provenance", "to_dataset"]

CONVENTIONS = "CF-1.11"


@dataclass(frozen=True)
class Labelled:
    """An array with its dimensions and the attributes it carries in a dataset or a file."""

    dims: tuple[str, ...]
    data: Any
    attributes: Mapping[str, str]


def labelled(recorded: Recorded) -> dict[str, Labelled]:
    """Return all arrays by name, ``time`` as seconds, and ``subject`` as the place in the cohort."""
    clock = clock_text(int(recorded.attributes.get("start_clock", 0)))
    arrays: dict[str, Labelled] = {}
    subjects = np.asarray(recorded.attributes.get("subject_index", [0]), dtype=np.int64)
    about = {"units": "1", "long_name": "place of the subject in the cohort"}
    arrays["subject"] = Labelled(("subject",), subjects, about)
    for name, variable in recorded.variables.items():
        if name == "time":
            seconds = np.asarray(variable.data[...]) / 1000
            text = {"units": "s", "long_name": "time after the start", "axis": "T", "clock_at_zero": clock}
            arrays[name] = Labelled(variable.dims, seconds, text)
        else:
            arrays[name] = Labelled(variable.dims, variable.data, _attributes(variable, recorded.attributes))
    return arrays


def _attributes(variable: Variable, attributes: Mapping[str, Any]) -> dict[str, str]:
    found = {"units": variable.unit, "long_name": variable.long_name}
    port = ".".join(variable.name.split(".")[:2])
    if not variable.name.startswith(("sample.", "subject.")):
        found["port"] = port
    grade = attributes.get("evidence", {}).get(port)
    return found | ({"evidence": str(grade)} if grade else {})


def provenance(recorded: Recorded, digest: str) -> dict[str, str | int | float]:
    """Return the attributes of the whole: plain numbers and texts as they are, everything else as JSON text."""
    found: dict[str, str | int | float] = {"Conventions": CONVENTIONS, "content_hash": digest}
    title = recorded.attributes.get("title")
    if isinstance(title, Mapping) and title.get("en"):
        found["title"] = str(title["en"])
    for key, value in sorted(recorded.attributes.items()):
        if key == "title" or value is None:
            continue
        plain = isinstance(value, str | int | float) and not isinstance(value, bool)
        found[key] = value if plain else json.dumps(value, ensure_ascii=False)
    return found


def to_dataset(recorded: Recorded, digest: str) -> xarray.Dataset:
    """Return the dataset; what lies on disk is read when its values are used."""
    import xarray
    from xarray.backends import BackendArray
    from xarray.core import indexing

    class Stored(BackendArray):
        """An array on disk, as xarray asks for it."""

        def __init__(self, array: Any) -> None:
            self.array, self.shape, self.dtype = array, tuple(array.shape), np.dtype(array.dtype)

        def __getitem__(self, key: Any) -> Any:
            level = indexing.IndexingSupport.OUTER
            return indexing.explicit_indexing_adapter(key, self.shape, level, self._read)

        def _read(self, key: tuple[Any, ...]) -> Any:
            return np.asarray(self.array.oindex[key])

    def wrap(item: Labelled) -> Any:
        data = item.data
        lazy = data if isinstance(data, np.ndarray) else indexing.LazilyIndexedArray(Stored(data))
        return xarray.Variable(item.dims, lazy, dict(item.attributes))

    arrays = {name: wrap(item) for name, item in labelled(recorded).items()}
    coordinates = {name: arrays.pop(name) for name in ("time", "subject") if name in arrays}
    return xarray.Dataset(arrays, coordinates, provenance(recorded, digest))
