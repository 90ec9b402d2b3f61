"""What a laboratory reports for a concentration: recovery, gain, interference, two levels of error, limits.

    reported = [correction * gain * recovery * C + B_subject] * exp(cv_between * N_run) * exp(cv_within * N_sample)
    B_subject = offset_median * exp(offset_logsd * N_subject)

``correction`` is 1 / recovery for an assay that corrects for its recovery, and 1 for one that does not. ``B_subject``
is what else in that person's blood binds the antibody: it does not depend on the concentration and stays the same in
every sample. One analytical run holds all samples of a person in one sampling series, the usual practice in
before-and-after studies. Cross-reaction with metabolites is zero: no metabolite is modelled.

A result below the limit of detection is censored: the value is the limit and the flag is set. Between the limits of
detection and of quantification the value stands and is flagged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import RandomStreams

if TYPE_CHECKING:
    from knuffel.evidence.load import AssayPreset

__all__ = ["Measurement", "measure"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Measurement:
    """Reported values and their flags, all of shape (subject, sample).

    ``value`` in the unit of the concentration; ``censored`` 1 below the limit of detection (the value is then the
    limit); ``below_loq`` 1 between the limits of detection and of quantification.
    """

    value: Floats
    censored: Flags
    below_loq: Flags


def measure(
    concentration: Floats, preset: AssayPreset, streams: RandomStreams, *, series: str, subjects: Sequence[int]
) -> Measurement:
    """Return what the assay ``preset`` reports for true concentrations of shape (subject, sample), in pg/mL.

    ``subjects`` are the places in the cohort of the rows; they key the draws, so that neither the order nor the
    number of rows matters. ``series`` names the sampling series: two series measured with the same assay share the
    interference of a person, not the errors. A concentration that is not a number stays one, without flags.
    """
    truth = np.asarray(concentration, dtype=np.float64)
    person = np.asarray(subjects, dtype=np.int64)[:, np.newaxis]
    sample = np.arange(truth.shape[1])[np.newaxis, :]
    correction = 1 / preset.recovery if preset.recovery_corrected else 1.0
    reported = correction * preset.gain * preset.recovery * truth
    if preset.offset_median > 0:
        interference = streams(f"assay {preset.name} interference").normal(0, subject=person)
        reported = reported + preset.offset_median * np.exp(preset.offset_logsd * interference)
    if preset.cv_inter > 0:
        reported = reported * np.exp(preset.cv_inter * streams(f"assay run {series}").normal(0, subject=person))
    if preset.cv_intra > 0:
        reported = reported * np.exp(preset.cv_intra * streams(f"assay {series}").normal(sample, subject=person))
    censored = reported < preset.lod
    below = ~censored & (reported < preset.loq)
    return Measurement(np.where(censored, preset.lod, reported), censored.astype(np.int8), below.astype(np.int8))
