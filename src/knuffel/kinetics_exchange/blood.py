"""The blood: compartments, secretion, exchange, elimination, absorption, and the concentrations in plasma."""

from __future__ import annotations

from knuffel.body.circulation.plasma.systems import CENTRAL, M1, PERIPHERAL, Disposition, Layout
from knuffel.kinetics_exchange.contents import Contents, one
from knuffel.kinetics_exchange.document import Document
from knuffel.kinetics_exchange.numbers import add_number

__all__ = ["IN_FLUID", "amount_id", "fast_share", "write_blood", "write_bioavailability"]

IN_FLUID = "oxytocin_in_csf"
"""The amount of oxytocin in cerebrospinal fluid."""

_SLOW = "im_slow"
_GLAND, _GIVEN = "endogenous", "exogenous"
_BODY = ("most_weight", "size_exponent")
_SCALED = {
    "clearance": ("renal_function", "splanchnic_function", "renal_share", "splanchnic_share", "placental_clearance"),
    "central_volume": ("central_volume_of_pregnancy",),
    "peripheral_volume": ("peripheral_volume_of_pregnancy",),
    "distribution_clearance": ("distribution_clearance_of_pregnancy",),
}
"""What else a number of oxytocin is made of."""

_OF_BASAL = ("physiology.basal_concentration", "physiology.basal_rise", "secretion.resting_gland_rate")


def amount_id(place: Layout, compartment: str) -> str:
    """Return the identifier of what a system holds in one of its compartments."""
    return f"{_label(place)}_in_{compartment}"


def _label(place: Layout) -> str:
    return f"{place.drug}_{place.copy}" if place.copy else place.drug


def write_blood(document: Document, found: Contents) -> None:
    """Write every drug in use; oxytocin of the gland and oxytocin that is given stay apart."""
    plasma = found.plasma.component
    for place, (numbers, _) in zip(plasma.places, plasma.kinetics(found.plasma.state), strict=True):
        if f"{place.drug}_{CENTRAL}" not in document:
            _write_body(document, found, place, numbers)
        _write_amounts(document, found, place)
        _write_exchange(document, place)
        _write_absorption(document, found, place)
    _write_levels(document, found)
    for place, (numbers, _) in zip(plasma.places, plasma.kinetics(found.plasma.state), strict=True):
        _write_elimination(document, found, place, numbers)
    _write_secretion(document, found)


def _evidence(found: Contents, drug: str, quantity: str) -> list[str]:
    """Return where a number of the subject comes from: the evidence, and what scales it."""
    prefix = "" if drug == "oxytocin" else f"{drug}_"
    names = [f"{prefix}{quantity}", f"{prefix}reference_weight", *_BODY]
    names += _SCALED[quantity] if drug == "oxytocin" else ()
    return [
        "of this subject, by weight, organs and pregnancy, from:",
        *found.notes(*(f"plasma.{name}" for name in names)),
    ]


def _write_body(document: Document, found: Contents, place: Layout, numbers: Disposition) -> None:
    """Write volumes and clearances of a drug in this subject."""
    drug, row = place.drug, found.row
    for compartment, volume, where in (
        (CENTRAL, numbers.central, "plasma"),
        (PERIPHERAL, numbers.peripheral, "tissues"),
    ):
        notes = _evidence(found, drug, f"{compartment}_volume")
        document.compartment(f"{drug}_{compartment}", one(volume, row), f"volume of {drug}: {where}", notes)
    for quantity, value, name in (
        ("clearance", numbers.clearance, f"total clearance of {drug}"),
        ("distribution_clearance", numbers.exchange, f"exchange of {drug} with the tissues"),
    ):
        document.parameter(f"{drug}_{quantity}", one(value, row), "mL/s", name, _evidence(found, drug, quantity))


def _write_amounts(document: Document, found: Contents, place: Layout) -> None:
    """Write what each compartment holds at the start."""
    for compartment in place.compartments:
        if compartment == M1:
            continue
        home = f"{place.drug}_{compartment}"
        if home not in document:
            text = "what is absorbed from here is an amount: the size of this compartment means nothing"
            document.compartment(home, 1.0, f"depot of {place.drug}: {compartment}", [text])
        amount = float(found.plasma.state.amounts[found.row, place.column(compartment)])
        name = " ".join(part for part in (place.copy, place.drug, "in", compartment) if part)
        document.species(amount_id(place, compartment), home, amount, name)


def _write_exchange(document: Document, place: Layout) -> None:
    flow, drug = f"{place.drug}_distribution_clearance", place.drug
    central, peripheral = amount_id(place, CENTRAL), amount_id(place, PERIPHERAL)
    for verb, source, target, volume in (
        ("distribution", central, peripheral, CENTRAL),
        ("return", peripheral, central, PERIPHERAL),
    ):
        document.reaction(
            f"{verb}_of_{_label(place)}",
            f"{verb} of {_label(place).replace('_', ', ')}",
            f"{flow} * {source} / {drug}_{volume}",
            source=source,
            target=target,
        )


def _write_absorption(document: Document, found: Contents, place: Layout) -> None:
    for depot in place.compartments:
        if depot in (CENTRAL, PERIPHERAL, M1):
            continue
        rate = add_number(document, found, found.plasma, f"plasma.{_route(place, depot)}_absorption")
        document.reaction(
            f"absorption_of_{place.drug}_{depot}",
            f"absorption of {place.drug}: {depot}",
            f"{rate} * {amount_id(place, depot)}",
            source=amount_id(place, depot),
            target=amount_id(place, CENTRAL),
        )


def _route(place: Layout, depot: str) -> str:
    return depot if place.drug == "oxytocin" else f"{place.drug}_{depot}"


def write_bioavailability(document: Document, found: Contents, drug: str, route: str) -> str:
    """Write the share of a dose that is absorbed, and return its identifier."""
    label = route if drug == "oxytocin" else f"{drug}_{route}"
    return add_number(document, found, found.plasma, f"plasma.{label}_bioavailability")


def fast_share(document: Document, found: Contents, drug: str) -> str | None:
    """Write the share that is absorbed at the fast rate, and return its identifier; None without a slow one."""
    return (
        add_number(document, found, found.plasma, "plasma.carbetocin_im_fast_share") if drug == "carbetocin" else None
    )


def _write_levels(document: Document, found: Contents) -> None:
    """Write the concentrations in plasma, by the names of the ports."""
    for place in found.plasma.component.places:
        name = f"plasma_{_label(place)}" if place.copy else f"plasma_{place.drug}_concentration"
        text = " ".join(part for part in (place.copy, place.drug, "in plasma") if part)
        document.parameter(name, None, "pg/mL", text, constant=False)
        document.assign(name, f"{amount_id(place, CENTRAL)} / {place.drug}_{CENTRAL}")
        if M1 in place.compartments:
            _write_metabolite(document, found, place)
    document.parameter("plasma_oxytocin_concentration", None, "pg/mL", "oxytocin in plasma", constant=False)
    document.assign("plasma_oxytocin_concentration", f"plasma_oxytocin_{_GLAND} + plasma_oxytocin_{_GIVEN}")


def _write_metabolite(document: Document, found: Contents, place: Layout) -> None:
    """Write the metabolite of atosiban: a concentration that follows a ratio; nothing is taken from atosiban."""
    rate, ratio = (
        add_number(document, found, found.plasma, f"plasma.atosiban_m1_{name}") for name in ("rate", "ratio")
    )
    level, name = "plasma_atosiban_concentration", "plasma_atosiban_m1_concentration"
    start = float(found.plasma.state.amounts[found.row, place.column(M1)])
    text = "it follows the ratio to atosiban; nothing is taken from atosiban for it"
    document.parameter(name, start, "pg/mL", "metabolite M1 of atosiban in plasma", [text], constant=False)
    document.move(name, f"{rate} * ({ratio} * {level} - {name})")


def _write_elimination(document: Document, found: Contents, place: Layout, numbers: Disposition) -> None:
    """Write what leaves plasma for good and, of oxytocin, what crosses to the brain: together the clearance."""
    drug, source, volume = place.drug, amount_id(place, CENTRAL), f"{place.drug}_{CENTRAL}"
    flow, modifiers, notes = f"{drug}_clearance", [], []
    if drug == "oxytocin":
        surface, active = (
            add_number(document, found, found.plasma, f"plasma.{name}") for name in ("permeability", "barrier_receptor")
        )
        own = found.plasma.numbers
        crossing = own["plasma.permeability"].value * own["plasma.barrier_receptor"].value
        document.reaction(
            f"passage_of_{_label(place)}",
            f"{place.copy} {drug}: across the barrier to the brain",
            f"{surface} * {active} * {source} / {volume}",
            source=source,
            target=IN_FLUID if IN_FLUID in document else None,
        )
        notes = ["the clearance less what crosses to the brain"]
        flow = f"({flow} - {surface} * {active})" if one(numbers.clearance, found.row) > crossing else "0 mL_per_s"
        if own["plasma.saturable_share"].value > 0:
            share = add_number(document, found, found.plasma, "plasma.saturable_share")
            half = add_number(document, found, found.plasma, "plasma.saturation_concentration")
            level = "plasma_oxytocin_concentration"
            flow = f"({flow} - {share} * {flow} + {share} * {flow} * {half} / ({half} + {level}))"
            notes = ["one share is linear, the other follows Michaelis and Menten; both copies of oxytocin compete"]
            modifiers = [amount_id(other, CENTRAL) for other in found.plasma.component.places[:2] if other is not place]
    document.reaction(
        f"elimination_of_{_label(place)}",
        f"elimination of {_label(place).replace('_', ', ')}",
        f"{flow} * {source} / {volume}",
        source=source,
        modifiers=modifiers,
        notes=notes,
    )


def _write_secretion(document: Document, found: Contents) -> None:
    """Write the gland at rest: what keeps the basal concentration when the clearance is linear."""
    basal = found.levels["physiology.basal_concentration"]
    document.parameter(
        "physiology_basal_concentration", basal, "pg/mL", "resting oxytocin in plasma", found.notes(*_OF_BASAL)
    )
    document.reaction(
        "secretion",
        "secretion by the gland at rest",
        "physiology_basal_concentration * oxytocin_clearance",
        target=amount_id(found.plasma.component.places[0], CENTRAL),
        notes=["neurons, pulses and stimuli are not exported"],
    )
