"""What a laboratory reports for a concentration: tube, recovery, gain, interference, two levels of error, limits.

    C        = truth * exp(-k_tube * A_ox * t_held)
    reported = [correction * gain * recovery * C + B_subject] * exp(cv_between * N_run) * exp(cv_within * N_sample)
    B_subject = offset_median * exp(offset_logsd * N_subject)

Oxytocinase (A_ox, IU/mL) goes on breaking oxytocin down in a tube of heparin or serum until the assay; EDTA and
inhibitors stop it. ``correction`` is 1 / recovery for an assay that corrects for its recovery, and 1 for one that does
not. ``B_subject`` is what else in that person's blood binds the antibody: it does not depend on the concentration and
stays the same in every sample. One analytical run holds all samples of a person in one sampling series, the usual
practice in before-and-after studies. Cross-reaction with metabolites is zero: no metabolite is modelled; a gain of
the user stands for metabolites that are read as oxytocin.

A result below the limit of detection is censored: the value is the limit and the flag is set. Between the limits of
detection and of quantification the value stands and is flagged. Limits hold for what is reported, offset included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from knuffel.body.contract import RandomStreams, check_numbers, parameter

if TYPE_CHECKING:
    from knuffel.evidence.load import AssayPreset

__all__ = ["Measurement", "Tubes", "left_in_tube", "measure"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Tubes:
    """Breakdown of oxytocin in a tube for each unit of oxytocinase, by kind, and oxytocinase outside pregnancy."""

    edta: float = parameter("tubes.breakdown_edta", "mL/(IU*s)", "breakdown in EDTA")
    inhibitor: float = parameter("tubes.breakdown_inhibitor", "mL/(IU*s)", "breakdown with an inhibitor")
    heparin: float = parameter("tubes.breakdown_heparin", "mL/(IU*s)", "breakdown in lithium heparin")
    serum: float = parameter("tubes.breakdown_serum", "mL/(IU*s)", "breakdown in clotting blood")
    oxytocinase_resting: float = parameter("physiology.oxytocinase_resting", "IU/mL", "oxytocinase outside pregnancy")

    def __post_init__(self) -> None:
        check_numbers(self)


@dataclass(frozen=True)
class Measurement:
    """Reported values and their flags, all of shape (subject, sample).

    ``value`` in the unit of the concentration; ``censored`` 1 below the limit of detection (the value is then the
    limit); ``below_loq`` 1 between the limits of detection and of quantification.
    """

    value: Floats
    censored: Flags
    below_loq: Flags


def left_in_tube(concentration: Floats, breakdown: float, activity: Any, seconds: float) -> Floats:
    """Return what is left of a concentration after ``seconds`` in a tube.

    ``breakdown`` in mL/(IU s), ``activity`` of oxytocinase in IU/mL, a number or an array of the shape of
    ``concentration``.
    """
    left: Floats = concentration * np.exp(-breakdown * np.asarray(activity, dtype=np.float64) * seconds)
    return left


def measure(
    concentration: Floats,
    preset: AssayPreset,
    streams: RandomStreams,
    *,
    series: str,
    subjects: Sequence[int],
    gain: float = 1,
) -> Measurement:
    """Return what the assay ``preset`` reports for concentrations of shape (subject, sample), in pg/mL.

    ``subjects`` are the places in the cohort of the rows; they key the draws, so that neither the order nor the
    number of rows matters. ``series`` names the sampling series: two series measured with the same assay share the
    interference of a person, not the errors. ``gain`` multiplies that of the preset. A concentration that is not a
    number stays one, without flags.
    """
    truth = np.asarray(concentration, dtype=np.float64)
    person = np.asarray(subjects, dtype=np.int64)[:, np.newaxis]
    sample = np.arange(truth.shape[1])[np.newaxis, :]
    correction = 1 / preset.recovery if preset.recovery_corrected else 1.0
    reported = correction * (gain * preset.gain) * preset.recovery * truth
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
