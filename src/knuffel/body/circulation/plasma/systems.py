"""Which compartments a drug has, and how fast it goes from one to the other: the linear systems of the blood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from knuffel.body.allometry import flow_scale, volume_scale
from knuffel.body.circulation.plasma.parameters import PlasmaParameters, PlasmaSettings
from knuffel.body.contract import Floats
from knuffel.body.linear import Flow, LinearSystem

__all__ = ["CENTRAL", "ELIMINATED", "M1", "PERIPHERAL", "TRANSFERRED", "Disposition", "Layout", "layout", "systems"]

CENTRAL, PERIPHERAL = "central", "peripheral"
ELIMINATED, TRANSFERRED = "eliminated", "transferred"
M1 = "m1"
_SLOW = "im_slow"


class Disposition(NamedTuple):
    """Clearance, central volume, exchange, peripheral volume: mL/s and mL, numbers or (subject,)."""

    clearance: Any
    central: Any
    exchange: Any
    peripheral: Any


@dataclass(frozen=True)
class Layout:
    """One system: what is followed, and in which columns of the state. ``drug`` is the ligand, ``copy`` its label."""

    drug: str
    copy: str
    compartments: tuple[str, ...]
    begin: int

    @property
    def columns(self) -> slice:
        """The columns of the amounts that belong to this system."""
        return slice(self.begin, self.begin + len(self.compartments))

    def column(self, compartment: str) -> int:
        """Return the column of one compartment."""
        return self.begin + self.compartments.index(compartment)


def layout(settings: PlasmaSettings) -> tuple[Layout, ...]:
    """Return the systems of a run: oxytocin of the gland and oxytocin that is given, then the other drugs in use."""
    found: list[Layout] = []
    for drug, copy in (("oxytocin", "endogenous"), ("oxytocin", "exogenous"), ("carbetocin", ""), ("atosiban", "")):
        if drug != "oxytocin" and not settings.uses(drug):
            continue
        depots = () if copy == "endogenous" else settings.depots(drug)
        extra = (_SLOW,) if (drug, "im") == ("carbetocin", *depots[:1]) else ()
        names = (CENTRAL, PERIPHERAL, *depots, *extra, *((M1,) if drug == "atosiban" else ()))
        begin = found[-1].columns.stop if found else 0
        found.append(Layout(drug, copy, names, begin))
    return tuple(found)


def disposition(drug: str, own: PlasmaParameters, weight: Floats, clearance: Floats, pregnancy: Floats) -> Disposition:
    """Return the numbers of a drug in bodies of some weight (kg); ``clearance`` (mL/s) is that of oxytocin.

    All (subject,). Volumes and exchange of oxytocin grow with the ``pregnancy`` factor (1 at term).
    """
    if drug == "oxytocin":
        flow = flow_scale(weight, own.reference_weight, own.most_weight, own.size_exponent)
        size = volume_scale(weight, own.reference_weight)
        return Disposition(
            clearance,
            (own.central_volume + own.central_volume_of_pregnancy * pregnancy) * size,
            (own.distribution_clearance + own.distribution_clearance_of_pregnancy * pregnancy) * flow,
            (own.peripheral_volume + own.peripheral_volume_of_pregnancy * pregnancy) * size,
        )
    reference = getattr(own, f"{drug}_reference_weight")
    flow, size = flow_scale(weight, reference, own.most_weight, own.size_exponent), volume_scale(weight, reference)
    return Disposition(
        getattr(own, f"{drug}_clearance") * flow,
        getattr(own, f"{drug}_central_volume") * size,
        getattr(own, f"{drug}_distribution_clearance") * flow,
        getattr(own, f"{drug}_peripheral_volume") * size,
    )


def systems(
    places: tuple[Layout, ...], own: PlasmaParameters, weight: Floats, clearance: Floats, pregnancy: Floats
) -> tuple[tuple[Disposition, LinearSystem], ...]:
    """Return volumes and linear system of every place; one row of numbers when all subjects are alike."""
    same = not own.varies and all(np.ptp(array) == 0 for array in (weight, clearance, pregnancy))
    if same:
        weight, clearance, pregnancy = weight[:1], clearance[:1], pregnancy[:1]
    found = []
    for place in places:
        numbers = disposition(place.drug, own, weight, clearance, pregnancy)
        # The clearance that was measured is all that leaves plasma, what crosses to the brain included.
        crossing = own.permeability * own.barrier_receptor if place.drug == "oxytocin" else 0.0
        flows = [
            Flow(CENTRAL, ELIMINATED, np.maximum(numbers.clearance - crossing, 0) / numbers.central),
            Flow(CENTRAL, TRANSFERRED, crossing / numbers.central),
            Flow(CENTRAL, PERIPHERAL, numbers.exchange / numbers.central),
            Flow(PERIPHERAL, CENTRAL, numbers.exchange / numbers.peripheral),
        ]
        flows += [
            Flow(name, CENTRAL, _absorption(place.drug, name, own)) for name in place.compartments if _depot(name)
        ]
        if M1 in place.compartments:
            # A concentration that follows the ratio to atosiban; nothing is taken from atosiban for it.
            flows.append(Flow(CENTRAL, M1, own.atosiban_m1_rate * own.atosiban_m1_ratio / numbers.central, copies=True))
            flows.append(Flow(M1, "", own.atosiban_m1_rate))
        sinks = (ELIMINATED, TRANSFERRED)
        found.append((numbers, LinearSystem(place.compartments, sinks, (CENTRAL,), flows)))
    return tuple(found)


def _depot(name: str) -> bool:
    return name not in (CENTRAL, PERIPHERAL, M1)


def _absorption(drug: str, name: str, own: PlasmaParameters) -> Any:
    if name == _SLOW:
        return own.carbetocin_im_slow_absorption
    return own.absorption(drug, name)[1]
