"""Settings, parameters and state of secretion from the mean firing rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knuffel.body.contract import Floats, State, check_numbers, parameter
from knuffel.body.secretion.terminal.parameters import SecretionSettings

if TYPE_CHECKING:
    from knuffel.evidence.rate_table import RateTable

__all__ = ["RateSecretionParameters", "RateSecretionSettings", "RateSecretionState"]


@dataclass(frozen=True)
class RateSecretionSettings:
    """``table`` holds what the spiking terminals do on average (needed); the others as for `secretion-2018`."""

    species: str = "human"
    burst_slope: str = "default"
    calcium_exponent: int = 3
    synthesis: str = "constant"
    table: RateTable | None = None

    def __post_init__(self) -> None:
        SecretionSettings(
            species=self.species,
            burst_slope=self.burst_slope,
            calcium_exponent=self.calcium_exponent,
            synthesis=self.synthesis,
        )


@dataclass(frozen=True)
class RateSecretionParameters:
    """What the table does not hold: slow calcium, pools and scale. Fields may have shape (subject,)."""

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
    mu_opioid_inhibition: Any = parameter(
        "neurons.mu_opioid_inhibition", "1", "share of excitation that full mu-opioid occupancy takes away", at_most=1
    )
    mu_opioid_release_inhibition: Any = parameter(
        "secretion.mu_opioid_release_inhibition", "1", "share of release that full mu-opioid occupancy takes away",
        at_most=1,
    )  # fmt: skip
    kappa_calcium_inhibition: Any = parameter(
        "secretion.kappa_calcium_inhibition", "1", "share of fast calcium that full kappa activity takes away",
        at_most=1,
    )  # fmt: skip
    burst_knee: Any = parameter("secretion.burst_knee", "pg/s", "gland rate above which the burst slope holds")
    burst_slope_default: Any = parameter("secretion.burst_slope_default", "1", "burst slope, other states")
    burst_slope_lactation: Any = parameter("secretion.burst_slope_lactation", "1", "burst slope in lactation")
    burst_slope_labour: Any = parameter("secretion.burst_slope_labour", "1", "burst slope in labour")

    def __post_init__(self) -> None:
        check_numbers(self)


@dataclass
class RateSecretionState(State):
    """Arrays of shape (subject,): slow calcium (own units), pool and reserve (pg), each the mean over the cells."""

    slow_calcium: Floats
    pool: Floats
    reserve: Floats
