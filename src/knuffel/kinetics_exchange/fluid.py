"""Cerebrospinal fluid: its own release, loss, and the direct way from the nose."""

from __future__ import annotations

from knuffel.body.doses import NASAL
from knuffel.kinetics_exchange.blood import IN_FLUID
from knuffel.kinetics_exchange.contents import Contents, Running
from knuffel.kinetics_exchange.document import Document
from knuffel.kinetics_exchange.numbers import add_number

__all__ = ["IN_NOSE", "write_fluid"]

IN_NOSE = "oxytocin_in_nose"
"""The amount on the direct way from the nose."""

_DAY = "86400 second"


def write_fluid(document: Document, found: Contents, room: Running) -> None:
    """Write the fluid; what crosses from the blood is written with the blood."""
    volume = room.numbers["csf.volume"]
    document.compartment("csf", volume.value, "cerebrospinal fluid", found.notes("csf.volume"))
    amount = float(room.state.content[found.row])
    document.species(IN_FLUID, "csf", amount, "oxytocin in cerebrospinal fluid")
    loss = add_number(document, found, room, "csf.loss")
    document.reaction(
        "release_into_csf", "release into cerebrospinal fluid", _release(document, found, room), target=IN_FLUID
    )
    document.reaction("loss_from_csf", "loss from cerebrospinal fluid", f"{loss} * {IN_FLUID}", source=IN_FLUID)
    if any(dose.route == NASAL for dose in found.scenario.doses):
        text = "what is on this way is an amount: the size of this compartment means nothing"
        document.compartment("nose", 1.0, "the direct way from nose to brain", [text])
        document.species(IN_NOSE, "nose", float(room.state.nose[found.row]), "oxytocin on its way from the nose")
        rate = add_number(document, found, room, "csf.nose_to_brain_rate")
        document.reaction(
            "nose_to_csf", "from the nose to the brain", f"{rate} * {IN_NOSE}", source=IN_NOSE, target=IN_FLUID
        )
    document.parameter("csf_oxytocin_concentration", None, "pg/mL", "oxytocin in cerebrospinal fluid", constant=False)
    document.assign("csf_oxytocin_concentration", f"{IN_FLUID} / csf")


def _release(document: Document, found: Contents, room: Running) -> str:
    """Write what the brain releases, and return its identifier; it follows the clock when there is a rhythm."""
    loss, basal = (add_number(document, found, room, f"csf.{name}") for name in ("loss", "basal_concentration"))
    rest = f"{loss} * csf * {basal}"
    document.parameter("csf_release", None, "pg/s", "release into cerebrospinal fluid", constant=False)
    if room.component.settings.rhythm == "none" or room.numbers["csf.rhythm_amplitude"].value == 0:
        document.assign("csf_release", rest)
        return "csf_release"
    rise, width, peak = (
        add_number(document, found, room, f"csf.rhythm_{name}") for name in ("amplitude", "width", "peak")
    )
    clock = room.component.settings.start_clock
    document.parameter("start_clock", clock, "s", "clock time of the start of the scenario")
    document.parameter("clock_distance", None, "s", "time since the nearest peak, negative before it", constant=False)
    away = f"time + start_clock - {peak}"
    document.assign("clock_distance", f"{away} - {_DAY} * floor(({away}) / {_DAY} + 0.5 dimensionless)")
    near = f"exp(-clock_distance^2 / (2 dimensionless * {width}^2))"
    document.assign("csf_release", f"{rest} * (1 dimensionless + {rise} * {near})")
    return "csf_release"
