"""Numbers and settings of `OperationalReceptor`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from knuffel.body.contract import check_numbers, parameter
from knuffel.errors import ParameterError

__all__ = ["ReceptorParameters", "ReceptorSettings"]

_SWITCH = ("on", "off")


def _constant(ligand: str, words: str) -> Any:
    return parameter(f"receptors.{ligand}_affinity", "pM", f"dissociation constant of {words}", positive=True)


def _bath(ligand: str) -> Any:
    return parameter(f"receptors.{ligand}_concentration", "pM", f"free {ligand} that is there throughout")


@dataclass(frozen=True)
class ReceptorParameters:
    """Numbers of the receptor; scalars or arrays of shape (subject,). Raises `ParameterError` when impossible."""

    affinity: float = parameter(
        "receptors.oxytocin_affinity", "pM", "dissociation constant of oxytocin, K_A", positive=True
    )
    molar_mass: float = parameter("receptors.oxytocin_molar_mass", "g/mol", "molar mass of oxytocin", positive=True)
    transducer_constant: float = parameter(
        "receptors.transducer_constant", "fmol/mg", "receptor density of half-maximal transduction, K_E", positive=True
    )
    maximum_effect: float = parameter(
        "receptors.maximum_effect", "1", "ceiling of the effect, Em", positive=True, at_most=1
    )
    mammary_ratio: float = parameter("receptors.mammary_ratio", "1", "transducer ratio of the lactating breast")
    carbetocin_affinity: float = _constant("carbetocin", "carbetocin")
    carbetocin_efficacy: float = parameter(
        "receptors.carbetocin_efficacy", "1", "its transducer ratio as a fraction of that of oxytocin"
    )
    carbetocin_molar_mass: float = parameter(
        "receptors.carbetocin_molar_mass", "g/mol", "its molar mass", positive=True
    )
    vasopressin_concentration: float = parameter(
        "receptors.vasopressin_concentration", "pM", "vasopressin that competes for the receptor"
    )
    vasopressin_affinity: float = parameter(
        "receptors.vasopressin_affinity", "pM", "its dissociation constant", positive=True
    )
    vasopressin_efficacy: float = parameter(
        "receptors.vasopressin_efficacy", "1", "its transducer ratio as a fraction of that of oxytocin"
    )
    atosiban_concentration: float = parameter(
        "receptors.atosiban_concentration", "pg/mL", "atosiban that is there throughout, total"
    )
    atosiban_free_fraction: float = parameter(
        "receptors.atosiban_free_fraction", "1", "share of atosiban not bound to proteins", at_most=1
    )
    atosiban_molar_mass: float = parameter("receptors.atosiban_molar_mass", "g/mol", "its molar mass", positive=True)
    atosiban_affinity: float = _constant("atosiban", "atosiban, K_B")
    atosiban_m1_affinity: float = _constant("atosiban_m1", "the metabolite M1 of atosiban, K_B")
    barusiban_concentration: float = _bath("barusiban")
    barusiban_affinity: float = _constant("barusiban", "barusiban, K_B")
    retosiban_concentration: float = _bath("retosiban")
    retosiban_affinity: float = _constant("retosiban", "retosiban, K_B")
    epelsiban_concentration: float = _bath("epelsiban")
    epelsiban_affinity: float = _constant("epelsiban", "epelsiban, K_B")
    l_368899_concentration: float = _bath("l_368899")
    l_368899_affinity: float = _constant("l_368899", "L-368,899, K_B")
    free_magnesium: float = parameter("receptors.free_magnesium", "mM", "free magnesium", positive=True)
    magnesium_constant: float = parameter("receptors.magnesium_constant", "mM", "magnesium of half-maximal help, K_Mg")
    reference_magnesium: float = parameter(
        "receptors.reference_magnesium", "mM", "free magnesium at which the affinities hold", positive=True
    )
    cholesterol: float = parameter("receptors.cholesterol", "1", "1 with cholesterol in the membrane", at_most=1)
    without_cholesterol: float = parameter(
        "receptors.without_cholesterol", "1", "factor on K_A without cholesterol", positive=True
    )
    drive_constant: float = parameter(
        "receptors.drive_constant", "1", "half-maximal drive of desensitisation as a share of EC50", positive=True
    )
    recoupling_rate: float = parameter("receptors.recoupling_rate", "1/min", "return to coupling, k_rec", positive=True)
    uncoupling_rate: float = parameter("receptors.uncoupling_rate", "1/min", "loss of coupling at full drive, k_fast")
    turnover_rate: float = parameter("receptors.turnover_rate", "1/min", "turnover of receptors, k_turn", positive=True)
    loss_rate: float = parameter("receptors.loss_rate", "1/min", "loss of receptors at full drive, k_down")
    v2_vasopressin: float = parameter("receptors.v2_vasopressin", "pM", "vasopressin in plasma, at V2 receptors")
    v2_potency_ratio: float = parameter(
        "receptors.v2_potency_ratio", "1", "oxytocin that does at V2 what one of vasopressin does", positive=True
    )
    v2_half_concentration: float = parameter(
        "receptors.v2_half_concentration", "pM", "vasopressin of half-maximal V2 drive", positive=True
    )

    def __post_init__(self) -> None:
        check_numbers(self)


@dataclass(frozen=True)
class ReceptorSettings:
    """``desensitisation`` on or off; off keeps all receptors, coupled. Raises `ParameterError` for another word."""

    desensitisation: str = "on"

    def __post_init__(self) -> None:
        if self.desensitisation not in _SWITCH:
            raise ParameterError(f"desensitisation {self.desensitisation!r} is not one of {', '.join(_SWITCH)}")
