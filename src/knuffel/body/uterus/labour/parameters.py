"""The numbers of `LabourUterus`."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from knuffel.body.contract import parameter
from knuffel.errors import ParameterError

__all__ = ["UterusParameters"]

_SIGNED = ("spontaneous_activity", "dilatation_activity", "oxytocin_activity", "dilatation", "amplitude_slope")
_MAY_BE_ZERO = (*_SIGNED, "antagonist_share", "spacing_sd", "amplitude_sd", "duration_sd", "resting_tone", "tone_slope",
                "tone_threshold")  # fmt: skip


@dataclass(frozen=True)
class UterusParameters:
    """Numbers of one uterus; scalars or arrays of shape (subject,). Raises `ParameterError` when impossible."""

    dilatation: float = parameter("uterus.dilatation", "cm", "cervical dilatation X, 0 to 10")
    spontaneous_activity: float = parameter("uterus.spontaneous_activity", "MVU", "activity without oxytocin, U0")
    dilatation_activity: float = parameter("uterus.dilatation_activity", "MVU/cm", "activity per cm dilatation, UX")
    oxytocin_activity: float = parameter("uterus.oxytocin_activity", "MVU", "most that oxytocin adds, dU")
    sensitivity: float = parameter("uterus.oxytocin_sensitivity", "min/mU", "sensitivity to the stimulus, k_e")
    biophase_time: float = parameter("uterus.biophase_time", "s", "time constant of the response, tau_e")
    antagonist_share: float = parameter("uterus.antagonist_share", "1", "local activity that an antagonist blocks, phi")
    reference_density: float = parameter("uterus.reference_density", "fmol/mg", "density of the fresh uterus at term")
    reference_frequency: float = parameter("uterus.reference_frequency", "1/min", "frequency at the reference activity")
    reference_amplitude: float = parameter("uterus.reference_amplitude", "mmHg", "height at the reference activity")
    amplitude_slope: float = parameter("uterus.amplitude_slope", "mmHg/MVU", "growth of the height beyond it")
    maximum_amplitude: float = parameter("uterus.maximum_amplitude", "mmHg", "highest typical contraction")
    maximum_frequency: float = parameter("uterus.maximum_frequency", "1/min", "highest frequency")
    spacing_sd: float = parameter("uterus.spacing_sd", "1", "spread of the interval between contractions")
    spacing_minimum: float = parameter("uterus.spacing_minimum", "1", "shortest interval as a share of the mean")
    amplitude_sd: float = parameter("uterus.amplitude_sd", "1", "log-spread of the height")
    contraction_duration: float = parameter("uterus.contraction_duration", "s", "median duration of a contraction")
    duration_sd: float = parameter("uterus.duration_sd", "1", "log-spread of the duration")
    rise_share: float = parameter("uterus.rise_share", "1", "share of a contraction that is rise")
    resting_tone: float = parameter("uterus.resting_tone", "mmHg", "pressure between contractions")
    tone_slope: float = parameter("uterus.tone_slope", "mmHg*min", "rise of the tone with the frequency")
    tone_threshold: float = parameter("uterus.tone_threshold", "1/min", "frequency above which the tone rises")
    maximum_pressure: float = parameter("uterus.maximum_pressure", "mmHg", "highest pressure")
    affinity: float = parameter("receptors.oxytocin_affinity", "pM", "dissociation constant of oxytocin, K_A")
    molar_mass: float = parameter("receptors.oxytocin_molar_mass", "g/mol", "molar mass of oxytocin")
    transducer_constant: float = parameter(
        "receptors.transducer_constant", "fmol/mg", "density of half-maximal transduction, K_E"
    )

    def __post_init__(self) -> None:
        for item in fields(self):
            value = np.asarray(getattr(self, item.name), dtype=np.float64)
            allowed = value >= 0 if item.name in _MAY_BE_ZERO else value > 0
            if item.name == "dilatation":
                allowed = allowed & (value <= 10)
            if item.name in ("antagonist_share", "spacing_minimum", "rise_share"):
                allowed = allowed & (value <= 1)
            if not (np.isfinite(value).all() and allowed.all()):
                raise ParameterError(f"{item.metadata['id']} = {value}: outside what is possible")
