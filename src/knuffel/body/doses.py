"""The names and ports of what is given: one port for each drug and route. What the rooms and the scenario agree on."""

from __future__ import annotations

from knuffel.body.contract import Kind, Port

__all__ = [
    "BOLUS",
    "BRAIN_ROUTES",
    "DEPOTS",
    "EVERY_DOSE",
    "INDUCING",
    "INFUSION",
    "NASAL",
    "NOSE_LAG",
    "NOSE_TO_BRAIN",
    "ROUTES",
    "SODIUM_PORT",
    "WATER",
    "WATER_PORT",
    "WATER_ROUTES",
    "bolus_port",
    "infusion_port",
    "lag_of",
    "port_name",
]

INFUSION = "iv_infusion"
"""The route that gives a rate; all others give an amount at a time."""

BOLUS = "iv_bolus"
"""The route that goes into plasma at once."""

NASAL = "intranasal_spray"
NOSE_TO_BRAIN = "nose_to_brain"
"""A spray takes two ways: into the blood, and perhaps straight to the brain."""

NOSE_LAG = "csf.nose_to_brain_lag"
"""The parameter that says how long the second one waits."""

INDUCING = "oxytocin"
"""The drug in the pump of an induction."""

DEPOTS: dict[str, tuple[str, ...]] = {
    "oxytocin": (
        "im",
        "subcutaneous",
        "intranasal_spray",
        "inhaled_dry_powder",
        "sublingual",
        "buccal",
        "oral",
        "vaginal_gel",
    ),
    "carbetocin": ("im",),
    "atosiban": (),
}
"""Drug -> routes from which it is absorbed into the blood."""

BRAIN_ROUTES: dict[str, tuple[str, ...]] = {"oxytocin": ("icv",)}
"""Drug -> routes that lead into the cerebrospinal fluid."""

ROUTES: dict[str, tuple[str, ...]] = {
    drug: (BOLUS, INFUSION, *depots, *BRAIN_ROUTES.get(drug, ())) for drug, depots in DEPOTS.items()
}
"""Drug -> every route by which it can be given."""

EVERY_DOSE = tuple((drug, route) for drug, routes in ROUTES.items() for route in routes)
"""Every (drug, route) pair."""

WATER = "water"
WATER_ROUTES = (INFUSION, "oral")
"""Water is no drug: it has rates in mL/s and goes to the body's water, with the sodium that it holds."""

WATER_PORT = Port(
    "doses.water", "mL/s", Kind.RATE, "water given or drunk by the scenario", default=0, substance="water"
)
SODIUM_PORT = Port("doses.sodium", "mmol/s", Kind.RATE, "sodium in what is given", default=0, substance="sodium")

_WORDS = {
    BOLUS: "into a vein at once",
    "im": "into a muscle",
    "subcutaneous": "under the skin",
    "intranasal_spray": "into the nose",
    "inhaled_dry_powder": "as a powder to breathe in",
    "sublingual": "under the tongue",
    "buccal": "into the cheek",
    "oral": "to swallow",
    "vaginal_gel": "as a vaginal gel",
    "icv": "into the cerebrospinal fluid",
    "nose_to_brain": "into the nose, on its way to the brain",
}


def port_name(drug: str, route: str) -> str:
    """Return the name of the port of a drug and route."""
    return f"doses.{drug}_{route}"


def lag_of(drug: str, route: str) -> str:
    """Return the id of the parameter that says how long a dose waits before it is absorbed."""
    return f"plasma.{route}_lag" if drug == "oxytocin" else f"plasma.{drug}_{route}_lag"


def bolus_port(drug: str, route: str) -> Port:
    """Return the port of an amount."""
    name = port_name(drug, route)
    return Port(name, "pg", Kind.AMOUNT, f"{drug} given {_WORDS[route]}", default=0, substance=drug)


def infusion_port(drug: str) -> Port:
    """Return the port of an infusion into a vein."""
    name = port_name(drug, INFUSION)
    return Port(name, "pg/s", Kind.RATE, f"{drug} infused into a vein", default=0, substance=drug)
