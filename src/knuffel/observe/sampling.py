"""Samples: true values at the sampling times become what the laboratory reports, in the unit that it reports."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import RandomStreams
from knuffel.engine.store import Recorded, Variable
from knuffel.errors import Notice
from knuffel.evidence import load, resolve
from knuffel.observe.assay import Tubes, left_in_tube, measure
from knuffel.scenario.model import SampleSpec
from knuffel.units import convert

__all__ = ["OXYTOCINASE", "breakdown", "observations", "reported_factor", "sampling_notices"]

OXYTOCINASE = "physiology.oxytocinase_activity"
"""The port that says how fast oxytocin goes on being broken down in a tube; IU/mL."""

Floats = npt.NDArray[np.float64]

_CONCENTRATION, _MOLAR, _INTERNATIONAL = "pg/mL", "pmol/L", "uU/mL"


def breakdown(series: SampleSpec) -> float:
    """Return the rate (mL/(IU s)) at which each unit of oxytocinase breaks oxytocin down in the tubes of a series."""
    rate: float = getattr(resolve.numbers(Tubes), series.tube) if series.held else 0.0
    return rate


def reported_factor(series: SampleSpec) -> float:
    """Return the number that turns pg/mL of oxytocin into the unit in which a series is reported; 1 for a ratio."""
    if series.unit == _INTERNATIONAL:
        content = load.assays()[series.assay].ug_per_iu if series.ug_per_iu is None else series.ug_per_iu
        return convert(1, _CONCENTRATION, _INTERNATIONAL, content)
    if series.unit == _MOLAR:
        mass = load.parameters()["receptors.oxytocin_molar_mass"]
        assert isinstance(mass.value, float)
        return convert(1, "ng/L", f"{mass.unit}*pmol/L") / mass.value
    return 1.0


def observations(recorded: Recorded, samples: Sequence[SampleSpec], streams: RandomStreams) -> list[Variable]:
    """Return ``sample.<name>.value``, ``.censored`` and ``.below_loq`` for every sampling series.

    ``recorded`` holds ``sample.<name>.truth`` of shape (subject, sample), where it is known
    ``sample.<name>.oxytocinase_activity`` of the same shape, and the attribute ``subject_index``; ``streams`` are
    those of the room ``observe``. See `knuffel.observe.assay` for the equation and the flags.
    """
    found: list[Variable] = []
    presets = load.assays() if samples else {}
    for series in samples:
        dim = f"sample.{series.name}"
        truth = recorded.variables[f"{dim}.truth"]
        values = np.asarray(truth.data[...], dtype=np.float64)
        subjects = recorded.attributes.get("subject_index", range(len(values)))
        preset, factor = presets[series.assay], reported_factor(series)
        drawn = _after_tube(values, series, recorded.variables.get(f"{dim}.oxytocinase_activity"))
        result = measure(drawn, preset, streams, series=series.name, subjects=subjects, gain=series.gain)
        lod, loq = preset.lod * factor, preset.loq * factor
        limits = f"limits of detection {lod:.4g} and quantification {loq:.4g} {series.unit}"
        text = f"as reported by {series.assay}" + (f", {limits}" if preset.loq > 0 else "")
        text += f"; {series.held / 1000:g} s in {series.tube}" if series.held else ""
        below = "1 where the value is below the limit of detection and stands at the limit"
        between = "1 where the value is between the limits of detection and quantification"
        found.append(Variable(f"{dim}.value", truth.dims, series.unit, text, result.value * factor))
        found.append(Variable(f"{dim}.censored", truth.dims, "1", below, result.censored))
        found.append(Variable(f"{dim}.below_loq", truth.dims, "1", between, result.below_loq))
    return found


def _after_tube(values: Floats, series: SampleSpec, activity: Variable | None) -> Floats:
    """Return what is left of the true values when the tube comes to the assay."""
    rate = breakdown(series)
    if rate == 0:
        return values
    own = resolve.numbers(Tubes).oxytocinase_resting if activity is None else activity.data[...]
    return left_in_tube(values, rate, own, series.held / 1000)


def sampling_notices(observed: Sequence[Variable], samples: Sequence[SampleSpec]) -> list[Notice]:
    """Return a notice for every series of which all samples are below the limit of detection."""
    by_name = {variable.name: variable for variable in observed}
    found = []
    for series in samples:
        flags = np.asarray(by_name[f"sample.{series.name}.censored"].data[...])
        if flags.size and flags.all():
            limit = load.assays()[series.assay].lod * reported_factor(series)
            text = f"all samples are below the limit of detection of {series.assay}, {limit:.4g} {series.unit}"
            found.append(Notice("all_censored", f"{text}: every one is censored", f"observe.samples {series.name}"))
    return found
