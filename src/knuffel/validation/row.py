"""What a study returns: for each of its targets, what the model gives."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Row"]


@dataclass(frozen=True)
class Row:
    """What the model gives for one target, in the unit of the target. ``note`` says how, when that is not obvious."""

    target_id: str
    obtained: float
    note: str = ""
