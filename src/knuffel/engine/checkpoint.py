"""Checkpoints: every array of a running model, and what it belongs to, in one file that is written atomically."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.engine.store import atomic_write, storage_errors
from knuffel.errors import CompatibilityError, StoreError

__all__ = ["Identity", "read_checkpoint", "write_checkpoint"]

FILE = "checkpoint.npz"
_META = "__meta__"


@dataclass(frozen=True)
class Identity:
    """What a checkpoint belongs to. A run may continue only under the same scenario, numbers, seed and version."""

    scenario_hash: str
    numbers_hash: str
    seed: int
    version: str


def write_checkpoint(
    directory: Path, identity: Identity, arrays: Mapping[str, npt.NDArray[Any]], meta: Mapping[str, Any]
) -> None:
    """Write ``arrays`` and ``meta`` (JSON) to ``directory``; the earlier checkpoint stays until this one is whole."""
    head = json.dumps({"identity": vars(identity), "meta": dict(meta)}).encode()
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{_META: np.frombuffer(head, dtype=np.uint8)}, **dict(arrays))
    atomic_write(directory / FILE, buffer.getvalue())


def read_checkpoint(directory: Path, identity: Identity) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    """Return the arrays and the meta data of the checkpoint in ``directory``.

    Raises `StoreError` when there is none or it is damaged, `CompatibilityError` when it belongs to another scenario,
    seed or version.
    """
    path = directory / FILE
    if not path.exists():
        raise StoreError(f"{directory}: there is no checkpoint to resume from")
    try:
        with storage_errors(path):
            content = io.BytesIO(path.read_bytes())
        with np.load(content, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        head = json.loads(arrays.pop(_META).tobytes())
        found, meta = dict(head["identity"]), dict(head["meta"])
    except (ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise StoreError(f"{path}: the checkpoint is damaged ({error})") from error
    different = {key: (found.get(key), value) for key, value in vars(identity).items() if found.get(key) != value}
    if different:
        facts = "; ".join(f"{key.replace('_', ' ')}: saved {old}, now {new}" for key, (old, new) in different.items())
        raise CompatibilityError(f"{path}: this checkpoint belongs to another run ({facts})")
    return arrays, meta
