"""Numbers and settings of `Adult`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from knuffel.body.contract import Floats, check_numbers, parameter
from knuffel.errors import ParameterError

__all__ = ["AdultParameters", "AdultSettings"]

_SPECIES = ("human", "rat")


@dataclass(frozen=True)
class AdultParameters:
    """Numbers of one person or animal; scalars or arrays of shape (subject,). Raises `ParameterError`."""

    basal_concentration: float = parameter(
        "physiology.basal_concentration", "pg/mL", "resting oxytocin in plasma of a person"
    )
    clearance: float = parameter("plasma.clearance", "mL/s", "clearance by the organs of this subject", positive=True)
    typical_clearance: float = parameter(
        "plasma.clearance", "mL/s", "clearance by the organs, typical of the population", positive=True, typical=True
    )
    placental_clearance: float = parameter(
        "plasma.placental_clearance", "mL/s", "clearance that a full pregnancy adds, of this subject"
    )
    typical_placental_clearance: float = parameter(
        "plasma.placental_clearance", "mL/s", "clearance that a full pregnancy adds, typical", typical=True
    )
    resting_gland_rate: float = parameter("secretion.resting_gland_rate", "pg/s", "resting secretion of a rat's gland")
    receptor_density: float = parameter(
        "physiology.receptor_density", "fmol/mg", "oxytocin receptors of the myometrium without stimulation"
    )
    onset: float = parameter("physiology.pregnancy_onset", "week", "week at which the pregnancy factor leaves zero")
    midpoint: float = parameter("physiology.pregnancy_midpoint", "week", "week of its steepest rise")
    width: float = parameter("physiology.pregnancy_width", "week", "width of its rise", positive=True)
    full: float = parameter("physiology.pregnancy_full", "week", "week at which it reaches one")
    decay: float = parameter("physiology.pregnancy_half_life", "day", "its half-life after a birth", positive=True)
    oxytocinase_resting: float = parameter("physiology.oxytocinase_resting", "IU/mL", "oxytocinase when not pregnant")
    oxytocinase_rise: float = parameter("physiology.oxytocinase_rise", "IU/mL", "what a full pregnancy adds")
    basal_rise: float = parameter(
        "physiology.basal_rise", "1", "rise of the resting level in a full pregnancy, profile review"
    )
    early_density: float = parameter("physiology.early_receptor_density", "fmol/mg", "receptors in early pregnancy")
    late_density: float = parameter("physiology.late_receptor_density", "fmol/mg", "receptors at term, before labour")
    early_week: float = parameter("physiology.early_receptor_week", "week", "week of the former", positive=True)
    late_week: float = parameter("physiology.late_receptor_week", "week", "week of the latter", positive=True)
    kept_share: float = parameter(
        "physiology.receptor_share_after_birth", "1", "receptors left after the fall that follows a birth", at_most=1
    )
    fall_time: float = parameter("physiology.receptor_fall_time", "day", "how long that fall takes", positive=True)
    hold_until: float = parameter("physiology.receptor_hold_until", "day", "day until which the density stays there")
    settled: float = parameter(
        "physiology.receptor_settled", "day", "day on which it is that of a non-pregnant woman", positive=True
    )

    def __post_init__(self) -> None:
        check_numbers(self)
        for earlier, later in (
            ("onset", "full"),
            ("early_week", "late_week"),
            ("fall_time", "hold_until"),
            ("hold_until", "settled"),
        ):
            first, second = np.asarray(getattr(self, earlier)), np.asarray(getattr(self, later))
            if (first > second).any() or (earlier != "fall_time" and (first == second).any()):
                raise ParameterError(f"{earlier} = {first} has to come before {later} = {second}")


@dataclass(frozen=True)
class AdultSettings:
    """``species`` is human or rat; None takes that of the subjects. It decides where the basal level comes from.

    ``state`` is that of the subject: ``pregnant`` follows the week, ``postpartum`` the days since a birth at the week
    of the subject; at ``term`` the pregnancy factor is 1 and the parameter sets hold the rest; others are not pregnant.
    None takes subjects with a week as pregnant. ``days_postpartum`` counts days since the birth at time zero, a number
    or one for each subject; None without a recent birth. ``basal_profile`` review raises the resting level with the
    pregnancy factor (at term a set of the subject does so).
    """

    species: str | None = None
    days_postpartum: float | Floats | None = None
    state: str | None = None
    basal_profile: str = "equal"

    def __post_init__(self) -> None:
        if self.species is not None and self.species not in _SPECIES:
            raise ParameterError(f"species {self.species!r} is not one of {', '.join(_SPECIES)}")
        if self.days_postpartum is not None:
            days = np.asarray(self.days_postpartum, dtype=np.float64)
            if not (np.isfinite(days) & (days >= 0)).all():
                raise ParameterError(f"days_postpartum = {self.days_postpartum} is not a number of days from 0")
