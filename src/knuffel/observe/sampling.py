"""Samples: true values at the sampling times become what the laboratory reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from knuffel.body.contract import RandomStreams
from knuffel.engine.store import Recorded, Variable
from knuffel.evidence import load
from knuffel.observe.assay import measure

__all__ = ["SampleSeries", "observations"]


class SampleSeries(Protocol):
    """A sampling series of a scenario: its name and the name of the assay preset."""

    @property
    def name(self) -> str:
        """Return the name of the series."""
        ...

    @property
    def assay(self) -> str:
        """Return the name of the assay preset."""
        ...


def observations(recorded: Recorded, samples: Sequence[SampleSeries], streams: RandomStreams) -> list[Variable]:
    """Return ``sample.<name>.value``, ``.censored`` and ``.below_loq`` for every sampling series.

    ``recorded`` holds ``sample.<name>.truth`` of shape (subject, sample) and the attribute ``subject_index``;
    ``streams`` are those of the room ``observe``. See `knuffel.observe.assay` for the equation and the flags.
    """
    found: list[Variable] = []
    presets = load.assays() if samples else {}
    for series in samples:
        dim = f"sample.{series.name}"
        truth = recorded.variables[f"{dim}.truth"]
        values = np.asarray(truth.data[...], dtype=np.float64)
        subjects = recorded.attributes.get("subject_index", range(len(values)))
        preset = presets[series.assay]
        result = measure(values, preset, streams, series=series.name, subjects=subjects)
        limits = f"limits of detection {preset.lod:g} and quantification {preset.loq:g} {truth.unit}"
        text = f"as reported by {series.assay}" + (f", {limits}" if preset.loq > 0 else "")
        below = "1 where the value is below the limit of detection and stands at the limit"
        between = "1 where the value is between the limits of detection and quantification"
        found.append(Variable(f"{dim}.value", truth.dims, truth.unit, text, result.value))
        found.append(Variable(f"{dim}.censored", truth.dims, "1", below, result.censored))
        found.append(Variable(f"{dim}.below_loq", truth.dims, "1", between, result.below_loq))
    return found
