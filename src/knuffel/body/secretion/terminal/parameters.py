"""Settings, parameters and state of stimulus-secretion coupling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from knuffel.body.contract import Floats, Ints, State, check_numbers, parameter
from knuffel.errors import ParameterError

__all__ = ["SecretionParameters", "SecretionSettings", "SecretionState"]

_BURST_SLOPES = ("default", "lactation", "labour")


@dataclass(frozen=True)
class SecretionSettings:
    """Structure of the model.

    ``species`` human applies the two-slope rule, rat passes the gland on as it is. ``burst_slope`` says which slope
    holds above the knee. ``cells`` has to equal that of the neurons. ``calcium_exponent`` is the Hill exponent of slow
    calcium (3 or 5), ``release_exponent`` that of fast calcium in release (2 oxytocin, 3 vasopressin). ``synthesis`` is
    ``constant`` (the resting secretion of the cell set), ``none``, ``activity`` or ``mrna`` (see `synthesis`); with
    ``mrna``, ``mrna_loss`` says whether translation uses mRNA up or it decays.
    """

    species: str = "human"
    burst_slope: str = "default"
    cells: int = 100
    calcium_exponent: int = 3
    release_exponent: int = 2
    synthesis: str = "constant"
    mrna_loss: str = "used_up"

    def __post_init__(self) -> None:
        if isinstance(self.cells, bool) or not isinstance(self.cells, int) or self.cells < 1:
            raise ParameterError(f"secretion: cells is {self.cells!r}; it has to be a whole number of at least 1")
        for name, allowed in (
            ("species", ("human", "rat")),
            ("burst_slope", _BURST_SLOPES),
            ("calcium_exponent", (3, 5)),
            ("release_exponent", (2, 3)),
            ("synthesis", ("constant", "none", "activity", "mrna")),
            ("mrna_loss", ("used_up", "decay")),
        ):
            if getattr(self, name) not in allowed:
                words = ", ".join(map(str, allowed))
                raise ParameterError(f"secretion: {name} is {getattr(self, name)!r}; allowed: {words}")


@dataclass(frozen=True)
class SecretionParameters:
    """Calcium, pools and scale. Every cell carries the pools of the whole gland; fields may have shape (subject,)."""

    broadening_step: Any = parameter("secretion.broadening_step", "1", "spike broadening added by a spike")
    broadening_half_life: Any = parameter("secretion.broadening_half_life", "ms", "half-life of broadening", at_least=1)
    basal_broadening: Any = parameter("secretion.basal_broadening", "1", "calcium entry of an unbroadened spike")
    fast_calcium_step: Any = parameter("secretion.fast_calcium_step", "1", "fast calcium per unit of entry")
    fast_calcium_half_life: Any = parameter(
        "secretion.fast_calcium_half_life", "ms", "half-life of fast calcium", at_least=1
    )
    fast_calcium_threshold: Any = parameter(
        "secretion.fast_calcium_threshold", "1", "fast calcium that halves entry", positive=True
    )
    slow_calcium_step: Any = parameter("secretion.slow_calcium_step", "1", "slow calcium per unit of entry")
    slow_calcium_half_life: Any = parameter(
        "secretion.slow_calcium_half_life", "ms", "half-life of slow calcium", at_least=1
    )
    slow_calcium_threshold: Any = parameter(
        "secretion.slow_calcium_threshold", "1", "slow calcium that halves entry", positive=True
    )
    slow_calcium_start: Any = parameter("secretion.slow_calcium_start", "1", "slow calcium at the start")
    release_rate: Any = parameter("secretion.release_rate", "1/s", "share of the pool released at fast calcium 1")
    refill_rate: Any = parameter("secretion.refill_rate", "pg/s", "refilling of the pool from a full reserve")
    pool_maximum: Any = parameter(
        "secretion.pool_maximum", "pg", "content at which the pool counts as full", positive=True
    )
    reserve_maximum: Any = parameter("secretion.reserve_maximum", "pg", "content of a full reserve", positive=True)
    reserve_start: Any = parameter("secretion.reserve_start", "pg", "content of the reserve at the start")
    resting_gland_rate: Any = parameter(
        "secretion.resting_gland_rate", "pg/s", "secretion of the gland at rest", positive=True
    )
    mu_opioid_release_inhibition: Any = parameter(
        "secretion.mu_opioid_release_inhibition", "1", "share of release that mu-opioids take away", at_most=1
    )
    kappa_calcium_inhibition: Any = parameter(
        "secretion.kappa_calcium_inhibition", "1", "share of fast calcium that kappa-opioids take away", at_most=1
    )
    resting_firing_rate: Any = parameter(
        "secretion.resting_firing_rate", "Hz", "firing rate of the cells at rest", positive=True
    )
    synthesis_gain: Any = parameter("secretion.synthesis_gain", "s", "rise of synthesis for each spike/s above rest")
    synthesis_time_constant: Any = parameter(
        "secretion.synthesis_time_constant", "s", "time constant with which synthesis follows firing", positive=True
    )
    somatic_calcium_step: Any = parameter(
        "secretion.somatic_calcium_step", "1", "calcium of the soma added by a spike", positive=True
    )
    somatic_calcium_half_life: Any = parameter(
        "secretion.somatic_calcium_half_life", "ms", "half-life of the calcium of the soma", positive=True
    )
    transcription_gain: Any = parameter(
        "secretion.transcription_gain", "1/s", "transcription drive for a thousand units of calcium", positive=True
    )
    transcription_half_life: Any = parameter(
        "secretion.transcription_half_life", "s", "half-life of the transcription drive", positive=True
    )
    translation_gain: Any = parameter(
        "secretion.translation_gain", "1/s", "translation drive for a thousand units of calcium"
    )
    translation_half_life: Any = parameter(
        "secretion.translation_half_life", "s", "half-life of the translation drive", positive=True
    )
    basal_translation: Any = parameter(
        "secretion.basal_translation", "1", "translation drive without activity", positive=True
    )
    mrna_scale: Any = parameter("secretion.mrna_scale", "1/s", "speed of transcription and translation", positive=True)
    mrna_half_life: Any = parameter("secretion.mrna_half_life", "s", "half-life of mRNA", positive=True)
    mrna_maximum: Any = parameter("secretion.mrna_maximum", "1", "largest amount of mRNA", positive=True)
    synthesis_delay: Any = parameter("secretion.synthesis_delay", "s", "time from translation to the reserve")
    burst_knee: Any = parameter("secretion.burst_knee", "pg/s", "gland rate above which the burst slope holds")
    burst_slope_default: Any = parameter("secretion.burst_slope_default", "1", "burst slope, other states")
    burst_slope_lactation: Any = parameter("secretion.burst_slope_lactation", "1", "burst slope in lactation")
    burst_slope_labour: Any = parameter("secretion.burst_slope_labour", "1", "burst slope in labour")

    def __post_init__(self) -> None:
        check_numbers(self)


@dataclass
class SecretionState(State):
    """Arrays of shape (subject, cell): broadening, fast and slow calcium (own units), pool, owed and reserve (pg).

    Broadening and calcium are worth what they were at the last multiple of 8 ms, ``owed`` went from the reserve to the
    pool since then (see `equations`). The others belong to synthesis and have shape (subject,): spikes of the current
    second, mean rate (Hz), and in own units calcium of the soma above rest, transcription, translation, mRNA;
    ``translated`` is (subject, ring).
    """

    broadening: Floats
    fast_calcium: Floats
    slow_calcium: Floats
    pool: Floats
    owed: Floats
    reserve: Floats
    second_spikes: Ints
    mean_rate: Floats
    somatic_calcium: Floats
    transcription: Floats
    translation: Floats
    mrna: Floats
    translated: Floats
