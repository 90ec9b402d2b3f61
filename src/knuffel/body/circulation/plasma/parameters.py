"""The numbers, the settings and the state of the blood."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from knuffel.body.contract import Floats, Ints, State, check_numbers, parameter
from knuffel.body.doses import DEPOTS, ROUTES
from knuffel.errors import ParameterError, nearest

__all__ = ["PlasmaParameters", "PlasmaSettings", "PlasmaState"]


def _flow(name: str, doc: str, *, positive: bool = True) -> Any:
    return parameter(f"plasma.{name}", "mL/s", doc, positive=positive)


def _volume(name: str, doc: str, *, positive: bool = True) -> Any:
    return parameter(f"plasma.{name}", "mL", doc, positive=positive)


def _weight(name: str) -> Any:
    return parameter(f"plasma.{name}", "kg", "body weight that the clearance and volumes belong to", positive=True)


def _share(name: str, doc: str) -> Any:
    return parameter(f"plasma.{name}", "1", doc, at_most=1)


def _absorbed(route: str) -> Any:
    return _share(f"{route}_bioavailability", "share of a dose that reaches the blood")


def _speed(route: str) -> Any:
    return parameter(f"plasma.{route}_absorption", "1/s", "rate constant of absorption", positive=True)


def _lag(route: str) -> Any:
    return parameter(f"plasma.{route}_lag", "s", "time before absorption begins")


@dataclass(frozen=True)
class PlasmaParameters:
    """Kinetic numbers; scalars or arrays of shape (subject,). Raises `ParameterError` for impossible ones.

    The clearance of oxytocin is not among them: it comes from the physiology, which knows organs and pregnancy.
    """

    central_volume: float = _volume("central_volume", "volume that doses and secretion enter, V1")
    peripheral_volume: float = _volume("peripheral_volume", "volume of the tissues, V2")
    distribution_clearance: float = _flow("distribution_clearance", "exchange with the tissues, Q")
    central_volume_of_pregnancy: float = _volume("central_volume_of_pregnancy", "what term adds to V1", positive=False)
    peripheral_volume_of_pregnancy: float = _volume(
        "peripheral_volume_of_pregnancy", "what term adds to V2", positive=False
    )
    distribution_clearance_of_pregnancy: float = _flow(
        "distribution_clearance_of_pregnancy", "what term adds to Q", positive=False
    )
    reference_weight: float = _weight("reference_weight")
    most_weight: float = parameter(
        "plasma.most_weight", "1", "weight that counts for clearances, at most, in reference weights", positive=True
    )
    size_exponent: float = parameter("plasma.size_exponent", "1", "power of the weight in clearances")
    permeability: float = _flow("permeability", "permeability and surface of the barrier to the brain", positive=False)
    barrier_receptor: float = _share("barrier_receptor", "activity of the transporter at the barrier; 0 in a knockout")
    saturable_share: float = _share("saturable_share", "share of the clearance that saturates")
    saturation_concentration: float = parameter(
        "plasma.saturation_concentration", "pg/mL", "concentration that halves the saturable part", positive=True
    )
    gland_delay: float = parameter("plasma.gland_delay", "s", "time from the gland to the blood that is looked at")

    carbetocin_clearance: float = _flow("carbetocin_clearance", "clearance of carbetocin")
    carbetocin_central_volume: float = _volume("carbetocin_central_volume", "V1 of carbetocin")
    carbetocin_distribution_clearance: float = _flow("carbetocin_distribution_clearance", "Q of carbetocin")
    carbetocin_peripheral_volume: float = _volume("carbetocin_peripheral_volume", "V2 of carbetocin")
    carbetocin_reference_weight: float = _weight("carbetocin_reference_weight")
    atosiban_clearance: float = _flow("atosiban_clearance", "clearance of atosiban")
    atosiban_central_volume: float = _volume("atosiban_central_volume", "V1 of atosiban")
    atosiban_distribution_clearance: float = _flow("atosiban_distribution_clearance", "Q of atosiban")
    atosiban_peripheral_volume: float = _volume("atosiban_peripheral_volume", "V2 of atosiban")
    atosiban_reference_weight: float = _weight("atosiban_reference_weight")
    atosiban_m1_ratio: float = parameter("plasma.atosiban_m1_ratio", "1", "metabolite M1 over atosiban in the end")
    atosiban_m1_rate: float = parameter(
        "plasma.atosiban_m1_rate", "1/s", "how fast the ratio is reached", positive=True
    )

    im_bioavailability: float = _absorbed("im")
    im_absorption: float = _speed("im")
    im_lag: float = _lag("im")
    subcutaneous_bioavailability: float = _absorbed("subcutaneous")
    subcutaneous_absorption: float = _speed("subcutaneous")
    subcutaneous_lag: float = _lag("subcutaneous")
    intranasal_spray_bioavailability: float = _absorbed("intranasal_spray")
    intranasal_spray_absorption: float = _speed("intranasal_spray")
    intranasal_spray_lag: float = _lag("intranasal_spray")
    inhaled_dry_powder_bioavailability: float = _absorbed("inhaled_dry_powder")
    inhaled_dry_powder_absorption: float = _speed("inhaled_dry_powder")
    inhaled_dry_powder_lag: float = _lag("inhaled_dry_powder")
    sublingual_bioavailability: float = _absorbed("sublingual")
    sublingual_absorption: float = _speed("sublingual")
    sublingual_lag: float = _lag("sublingual")
    buccal_bioavailability: float = _absorbed("buccal")
    buccal_absorption: float = _speed("buccal")
    buccal_lag: float = _lag("buccal")
    oral_bioavailability: float = _absorbed("oral")
    oral_absorption: float = _speed("oral")
    oral_lag: float = _lag("oral")
    vaginal_gel_bioavailability: float = _absorbed("vaginal_gel")
    vaginal_gel_absorption: float = _speed("vaginal_gel")
    vaginal_gel_lag: float = _lag("vaginal_gel")
    carbetocin_im_bioavailability: float = _absorbed("carbetocin_im")
    carbetocin_im_absorption: float = _speed("carbetocin_im")
    carbetocin_im_lag: float = _lag("carbetocin_im")
    carbetocin_im_slow_absorption: float = _speed("carbetocin_im_slow")
    carbetocin_im_fast_share: float = _share("carbetocin_im_fast_share", "share of what is absorbed at the fast rate")

    def __post_init__(self) -> None:
        check_numbers(self)
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name.endswith(("_lag", "_delay")) and np.ndim(value) and np.ptp(value):
                raise ParameterError(f"{item.metadata['id']} has to be the same in all subjects of a run")

    def absorption(self, drug: str, route: str) -> tuple[Any, Any]:
        """Return bioavailability and rate constant (1/s) of a route of absorption."""
        label = route if drug == "oxytocin" else f"{drug}_{route}"
        return getattr(self, f"{label}_bioavailability"), getattr(self, f"{label}_absorption")

    @property
    def varies(self) -> bool:
        """Whether any number differs between subjects."""
        return any(np.ndim(getattr(self, item.name)) for item in fields(self))


@dataclass(frozen=True)
class PlasmaSettings:
    """``given`` holds the (drug, route) pairs of the doses: drugs and depots that nobody needs are left out."""

    given: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for drug, route in self.given:
            for word, known in ((drug, ROUTES), (route, ROUTES.get(drug, ()))):
                if word not in known:
                    raise ParameterError(f"{word!r} is not one of {', '.join(known)}; nearest: {nearest(word, known)}")

    def depots(self, drug: str) -> tuple[str, ...]:
        """Return the routes from which a drug is absorbed in this run."""
        return tuple(route for route in DEPOTS[drug] if (drug, route) in self.given)

    def uses(self, drug: str) -> bool:
        """Whether a drug is given at all."""
        return any(name == drug for name, _ in self.given)


@dataclass
class PlasmaState(State):
    """Amounts in pg. ``amounts`` (subject, compartment): every system's compartments, one system after the other.

    ``supplied`` (the initial content and what doses bring into the body included), ``eliminated`` and ``transferred``
    (into cerebrospinal fluid), all (subject, system), are the sides of the mass balance. ``weight`` (kg) is that of
    the start; ``clearance`` (mL/s) and ``pregnancy`` (0 to 1), (subject,), hold for one ``hour`` (subject,).
    ``line_starts`` (ms), ``line_rates`` (pg/s), (subject, slot), and ``line_count`` hold what is on its way from the
    gland.
    """

    amounts: Floats
    supplied: Floats
    eliminated: Floats
    transferred: Floats
    weight: Floats
    clearance: Floats
    pregnancy: Floats
    hour: Ints
    line_starts: Ints
    line_rates: Floats
    line_count: Ints
