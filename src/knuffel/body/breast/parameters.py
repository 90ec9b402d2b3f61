"""The numbers of contraction and pressure that all models of the breast share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from knuffel.body.contract import check_numbers, parameter
from knuffel.errors import ParameterError

__all__ = ["GlandParameters"]


@dataclass(frozen=True)
class GlandParameters:
    """Numbers of the myoepithelium; scalars or arrays of shape (subject,). Raises `ParameterError` when impossible."""

    transit_time: Any = parameter("breast.transit_time", "s", "time from mixed plasma to the gland, t_c")
    half_effective_rise: Any = parameter(
        "breast.half_effective_rise", "pg/mL", "rise of oxytocin of half the largest contraction, EC50", positive=True
    )
    hill_exponent: Any = parameter("breast.hill_exponent", "1", "steepness of the response, n", positive=True)
    adaptation_weight: Any = parameter(
        "breast.adaptation_weight", "1", "share of a lasting rise that the gland gets used to, w", at_most=1
    )
    adaptation_time: Any = parameter("breast.adaptation_time", "s", "how fast it gets used to it, tau_A", positive=True)
    contraction_time: Any = parameter("breast.contraction_time", "s", "time constant of contraction", positive=True)
    relaxation_time: Any = parameter("breast.relaxation_time", "s", "time constant of relaxation", positive=True)
    resting_pressure: Any = parameter("breast.resting_pressure", "mmHg", "pressure without contraction, P_0")
    maximum_rise: Any = parameter(
        "breast.maximum_rise", "mmHg", "rise of pressure at full contraction and filling, P_max", positive=True
    )
    empty_share: Any = parameter(
        "breast.empty_share", "1", "share of that rise that an empty gland reaches, f_0", at_most=1
    )
    arousal_perfusion: Any = parameter(
        "breast.arousal_perfusion", "1", "share of the blood flow that full arousal takes away", at_most=1
    )
    start_fill: Any = parameter("breast.start_fill", "1", "filling of the gland at the start", at_most=1)

    def __post_init__(self) -> None:
        check_numbers(self)
        if np.ndim(self.transit_time) and np.ptp(self.transit_time):
            raise ParameterError("breast.transit_time has to be the same in all subjects of a run")
