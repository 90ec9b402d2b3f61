"""The numbers of `LabourUterus`."""

from __future__ import annotations

from dataclasses import dataclass

from knuffel.body.contract import check_numbers, parameter

__all__ = ["UterusParameters"]


@dataclass(frozen=True)
class UterusParameters:
    """Numbers of one uterus; scalars or arrays of shape (subject,). Raises `ParameterError` when impossible."""

    dilatation: float = parameter("uterus.dilatation", "cm", "cervical dilatation X, 0 to 10", at_most=10)
    spontaneous_activity: float = parameter("uterus.spontaneous_activity", "MVU", "activity without oxytocin, U0")
    dilatation_activity: float = parameter("uterus.dilatation_activity", "MVU/cm", "activity per cm dilatation, UX")
    oxytocin_activity: float = parameter("uterus.oxytocin_activity", "MVU", "most that oxytocin adds, dU")
    sensitivity: float = parameter(
        "uterus.oxytocin_sensitivity", "min/mU", "sensitivity to the stimulus, k_e", positive=True
    )
    biophase_time: float = parameter("uterus.biophase_time", "s", "time constant of the response, tau_e", positive=True)
    antagonist_share: float = parameter(
        "uterus.antagonist_share", "1", "local activity that an antagonist blocks, phi", at_most=1
    )
    reference_density: float = parameter(
        "uterus.reference_density", "fmol/mg", "density of the fresh uterus at term", positive=True
    )
    reference_frequency: float = parameter(
        "uterus.reference_frequency", "1/min", "frequency at the reference activity", positive=True
    )
    reference_amplitude: float = parameter(
        "uterus.reference_amplitude", "mmHg", "height at the reference activity", positive=True
    )
    amplitude_slope: float = parameter("uterus.amplitude_slope", "mmHg/MVU", "growth of the height beyond it")
    maximum_amplitude: float = parameter(
        "uterus.maximum_amplitude", "mmHg", "highest typical contraction", positive=True
    )
    maximum_frequency: float = parameter("uterus.maximum_frequency", "1/min", "highest frequency", positive=True)
    spacing_sd: float = parameter("uterus.spacing_sd", "1", "spread of the interval between contractions")
    spacing_minimum: float = parameter(
        "uterus.spacing_minimum", "1", "shortest interval as a share of the mean", positive=True, at_most=1
    )
    amplitude_sd: float = parameter("uterus.amplitude_sd", "1", "log-spread of the height")
    contraction_duration: float = parameter(
        "uterus.contraction_duration", "s", "median duration of a contraction", positive=True
    )
    duration_sd: float = parameter("uterus.duration_sd", "1", "log-spread of the duration")
    rise_share: float = parameter(
        "uterus.rise_share", "1", "share of a contraction that is rise", positive=True, at_most=1
    )
    resting_tone: float = parameter("uterus.resting_tone", "mmHg", "pressure between contractions")
    tone_slope: float = parameter("uterus.tone_slope", "mmHg*min", "rise of the tone with the frequency")
    tone_threshold: float = parameter("uterus.tone_threshold", "1/min", "frequency above which the tone rises")
    maximum_pressure: float = parameter("uterus.maximum_pressure", "mmHg", "highest pressure", positive=True)
    affinity: float = parameter(
        "receptors.oxytocin_affinity", "pM", "dissociation constant of oxytocin, K_A", positive=True
    )
    molar_mass: float = parameter("receptors.oxytocin_molar_mass", "g/mol", "molar mass of oxytocin", positive=True)
    transducer_constant: float = parameter(
        "receptors.transducer_constant", "fmol/mg", "density of half-maximal transduction, K_E", positive=True
    )

    def __post_init__(self) -> None:
        check_numbers(self)
