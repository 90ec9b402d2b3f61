"""The tables under data/pk say what the evidence says; what is not used, or differs, is listed here with its reason."""

from __future__ import annotations

import csv
from math import exp, log, sqrt
from typing import Any

import pytest

from knuffel.evidence import load
from knuffel.evidence.resolve import resolve
from knuffel.evidence.spread import Spread, log_sd, spread_of

Row = dict[str, str]

TERM = ("term_A", "term_B")

UNUSED_SETS = {
    "rat_low_dose_iv": "has no Q and V2: data for figures, refused as a set (W34)",
    "rat_high_dose_iv": "has no Q and V2: data for figures, refused as a set (W34)",
}

UNUSED_ROUTES = {
    ("iv_bolus", "any"): "a definition: all of it enters the blood",
    ("iv_infusion", "any"): "a definition: all of it enters the blood",
}

UNUSED_SPREADS = {
    "beta half-life men": "follows from clearance and volumes, and is not drawn",
}

OTHER_SPREADS = {
    "basal level within study (extracted RIA)": "the level is secretion over clearance; what is drawn is the secretion",
}
"""Rows whose number is another one here."""

UNUSED_LIGANDS = {
    ("oxytocin", "V1a"): "V1a has no effect in the model: affinities only",
    ("oxytocin", "V1b"): "V1b has no effect in the model",
    ("oxytocin", "V2"): "the kidney answers to levels in plasma (receptors.v2_potency_ratio), not to an affinity",
    ("vasopressin", "V1a"): "V1a has no effect in the model: affinities only",
    ("vasopressin", "V2"): "the kidney answers to levels in plasma (receptors.v2_half_concentration)",
    ("carbetocin", "V1a"): "V1a has no effect in the model: affinities only",
    ("carbetocin", "V2"): "carbetocin has no effect on the kidney in the model",
    ("atosiban", "V1a"): "V1a has no effect in the model: affinities only",
}

OTHER_ASSAYS = {
    "saliva_eia": {
        "offset_median_pg_ml": "what a person has in saliva at rest is in the room fluids",
        "offset_logsd": "what a person has in saliva at rest is in the room fluids",
        "cv_intra": "our design: a total error of 35 %",
        "cv_inter": "our design: a total error of 35 %",
    }
}


def rows(name: str) -> list[Row]:
    text = (load.root() / "data" / "pk" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def number(name: str, *sets: str) -> float:
    value = resolve([name], sets)[0][name].value
    assert not isinstance(value, tuple)
    return value


def spread(name: str, *sets: str) -> Spread:
    found = resolve([name], sets)[0][name]
    table: Any = found.parameter.spread
    for item in sets:
        entry: Any = load.sets()[item].parameters.get(name)
        table = entry.spread if entry is not None and entry.spread else table
    found_spread = table if isinstance(table, Spread) else spread_of(table, name)
    assert found_spread is not None, name
    return found_spread


SETS = [row for row in rows("compartment_sets") if row["set_id"] not in UNUSED_SETS]


@pytest.mark.parametrize("row", SETS, ids=[row["set_id"] for row in SETS])
def test_compartment_sets(row: Row) -> None:
    name, ligand = row["set_id"], row["ligand"]
    sets = (name,) if ligand == "oxytocin" else ()
    prefix = "plasma." if ligand == "oxytocin" else f"plasma.{ligand}_"
    pregnant = name in TERM
    clearance, central, between, peripheral = (
        number(prefix + what, *sets)
        for what in ("clearance", "central_volume", "distribution_clearance", "peripheral_volume")
    )
    if pregnant:
        clearance += number("plasma.placental_clearance", name)
        central += number("plasma.central_volume_of_pregnancy", name)
        between += number("plasma.distribution_clearance_of_pregnancy", name)
        peripheral += number("plasma.peripheral_volume_of_pregnancy", name)
    found = (clearance, central, between, peripheral)
    wanted = [float(row[column]) for column in ("CL_ml_min", "V1_ml", "Q_ml_min", "V2_ml")]
    assert found == pytest.approx(wanted)
    assert number(f"{prefix}reference_weight", *sets) == float(row["body_weight_kg"])
    total, product = clearance / central + between / central + between / peripheral, clearance * between
    root = sqrt(total**2 - 4 * product / central / peripheral)
    halves = [2 * log(2) / (total + root), 2 * log(2) / (total - root)]
    assert halves == pytest.approx([float(row["t_half_alpha_min"]), float(row["t_half_beta_min"])], rel=0.02)


def test_sets_that_are_not_used() -> None:
    assert set(UNUSED_SETS) <= {row["set_id"] for row in rows("compartment_sets")}
    assert not set(UNUSED_SETS) & set(load.sets())
    assert all(row["Q_ml_min"] == "" for row in rows("compartment_sets") if row["set_id"] in UNUSED_SETS)


ROUTES = [row for row in rows("routes") if (row["route"], row["ligand"]) not in UNUSED_ROUTES]


@pytest.mark.parametrize("row", ROUTES, ids=[f"{row['ligand']} {row['route']}" for row in ROUTES])
def test_routes(row: Row) -> None:
    prefix = f"plasma.{row['route']}" if row["ligand"] == "oxytocin" else f"plasma.{row['ligand']}_{row['route']}"
    available, absorbed = load.parameters()[f"{prefix}_bioavailability"], load.parameters()[f"{prefix}_absorption"]
    assert available.value == float(row["F_default"])
    assert available.plausible == (float(row["F_low"]), float(row["F_high"]))
    assert (absorbed.value, absorbed.unit) == (float(row["ka_per_min"]), "1/min")
    assert number(f"{prefix}_lag") == float(row["lag_min"]) and load.parameters()[f"{prefix}_lag"].unit == "min"
    assert spread(f"{prefix}_bioavailability").sd == pytest.approx(log_sd(float(row["F_CV_pct"]) / 100))
    assert spread(f"{prefix}_bioavailability").at_most == 1
    assert spread(f"{prefix}_absorption").sd == pytest.approx(log_sd(float(row["ka_CV_pct"]) / 100))
    slow = {"ka2_per_min": f"{prefix}_slow_absorption", "frac_fast": f"{prefix}_fast_share"}
    for column, name in slow.items():
        assert (name in load.parameters()) == bool(row[column])
        assert not row[column] or number(name) == float(row[column])


def test_routes_that_are_not_used() -> None:
    held = {(row["route"], row["ligand"]) for row in rows("routes")}
    assert set(UNUSED_ROUTES) <= held
    assert not any(f"plasma.{route}_bioavailability" in load.parameters() for route, _ in UNUSED_ROUTES)


SPREADS: dict[str, tuple[tuple[str, str | None], ...]] = {
    "CL_org women": (("plasma.clearance", "human_women_np"), ("plasma.clearance", "pregnancy_A")),
    "CL total term": (("plasma.clearance", "term_A"), ("plasma.clearance", "term_B")),
    "CL men": (("plasma.clearance", "human_men"), ("plasma.clearance", None)),
    "V1": (("plasma.central_volume", None), ("plasma.carbetocin_central_volume", None)),
    "Q": (("plasma.distribution_clearance", None),),
    "oxytocinase at term": (("physiology.oxytocinase_rise", None),),
    "basal level within study (extracted RIA)": (("physiology.basal_concentration", None),),
    "F_intranasal": (("plasma.intranasal_spray_bioavailability", None),),
    "F_vaginal": (("plasma.vaginal_gel_bioavailability", None),),
    "F_IM": (("plasma.im_bioavailability", None),),
    "OXTR density term": (("physiology.receptor_density", None),),
    "CL carbetocin": (("plasma.carbetocin_clearance", None),),
    "CL atosiban": (("plasma.atosiban_clearance", None),),
    "V atosiban": (("plasma.atosiban_central_volume", None),),
    "CL rat low dose": (("plasma.clearance", "rat_250g"),),
}


@pytest.mark.parametrize("row", rows("iiv"), ids=[row["parameter"] for row in rows("iiv")])
def test_spreads(row: Row) -> None:
    name = row["parameter"]
    if name in UNUSED_SPREADS:
        assert name not in SPREADS
        return
    for parameter, chosen in SPREADS[name]:
        found = spread(parameter, *([] if chosen is None else [chosen]))
        cv = 100 * sqrt(exp(found.sd**2) - 1)
        assert (cv == pytest.approx(float(row["CV_pct"]))) == (name not in OTHER_SPREADS), parameter
        if "truncated" in row["distribution"]:
            assert found.at_most == 1
    if name == "basal level within study (extracted RIA)":
        assert spread("physiology.basal_concentration").divided_by == ("plasma.clearance",)


LIGANDS: dict[str, tuple[str, str | None]] = {
    "oxytocin": ("receptors.oxytocin_affinity", None),
    "vasopressin": ("receptors.vasopressin_affinity", "receptors.vasopressin_efficacy"),
    "carbetocin": ("receptors.carbetocin_affinity", "receptors.carbetocin_efficacy"),
    "atosiban": ("receptors.atosiban_affinity", None),
    "atosiban_M1": ("receptors.atosiban_m1_affinity", None),
    "barusiban": ("receptors.barusiban_affinity", None),
    "retosiban": ("receptors.retosiban_affinity", None),
    "epelsiban": ("receptors.epelsiban_affinity", None),
    "L-368899": ("receptors.l_368899_affinity", None),
}
"""Ligand -> its dissociation constant at the oxytocin receptor, and its efficacy relative to oxytocin."""


@pytest.mark.parametrize(
    "row", rows("ligand_receptor"), ids=[f"{row['ligand']} {row['receptor']}" for row in rows("ligand_receptor")]
)
def test_ligands(row: Row) -> None:
    ligand = row["ligand"]
    if row["receptor"] != "OXTR":
        assert (ligand, row["receptor"]) in UNUSED_LIGANDS
        return
    affinity, efficacy = LIGANDS[ligand]
    assert (number(affinity), load.parameters()[affinity].unit) == (float(row["value_nM"]), "nM")
    if efficacy is not None:
        assert number(efficacy) == float(row["tau_relative_to_oxytocin"])
    mass = f"receptors.{ligand}_molar_mass"
    if mass in load.parameters():
        assert number(mass) == float(row["MW_g_mol"])
    free = f"receptors.{ligand.removesuffix('_M1')}_free_fraction"
    if free in load.parameters():
        assert number(free) == float(row["fu"])
    else:
        assert float(row["fu"]) == 1, "what is not free has a parameter"


def test_ligands_that_are_not_used() -> None:
    held = {(row["ligand"], row["receptor"]) for row in rows("ligand_receptor")}
    assert set(UNUSED_LIGANDS) == {item for item in held if item[1] != "OXTR"}
    masses = {name for name in LIGANDS if f"receptors.{name}_molar_mass" in load.parameters()}
    assert masses == {"oxytocin", "carbetocin", "atosiban"}, "the others are typed in moles: their mass is not needed"


ASSAY_COLUMNS = {
    "recovery": "recovery",
    "gain": "gain",
    "offset_median_pg_ml": "offset_median",
    "offset_logsd": "offset_logsd",
    "cv_intra": "cv_intra",
    "cv_inter": "cv_inter",
    "lod_pg_ml": "lod",
    "loq_pg_ml": "loq",
    "ug_per_IU_for_conversion": "ug_per_iu",
}


@pytest.mark.parametrize("row", rows("assay_presets"), ids=[row["preset"] for row in rows("assay_presets")])
def test_assays(row: Row) -> None:
    preset = load.assays()[row["preset"]]
    for column, name in ASSAY_COLUMNS.items():
        same = getattr(preset, name) == float(row[column])
        assert same == (column not in OTHER_ASSAYS.get(row["preset"], {})), column
    assert preset.recovery_corrected == ("uncorrected" not in row["preset"])


def test_every_reason_is_given() -> None:
    reasons = [*UNUSED_SETS.values(), *UNUSED_ROUTES.values(), *UNUSED_SPREADS.values(), *OTHER_SPREADS.values()]
    reasons += [*UNUSED_LIGANDS.values(), *(text for told in OTHER_ASSAYS.values() for text in told.values())]
    assert all(len(text) > 10 for text in reasons)
    assert set(UNUSED_SPREADS) | set(SPREADS) == {row["parameter"] for row in rows("iiv")}


def test_every_table_is_described() -> None:
    folder = load.root() / "data"
    text = (folder / "README.md").read_text(encoding="utf-8")
    for file in (folder / "pk").iterdir():
        (section,) = (item for item in text.split("\n\n") if item.startswith(f"`pk/{file.name}`:"))
        if file.name.endswith(".csv"):
            for column in next(csv.reader(file.read_text(encoding="utf-8").splitlines())):
                assert f"`{column}`" in section, (file.name, column)
