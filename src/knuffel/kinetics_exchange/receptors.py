"""The oxytocin receptor: occupancy and effect as rules, desensitisation when the model has it."""

from __future__ import annotations

from knuffel.kinetics_exchange.contents import Contents, Running
from knuffel.kinetics_exchange.document import Document
from knuffel.kinetics_exchange.numbers import add_number

__all__ = ["READ_PORTS", "write_receptors"]

READ_PORTS = {
    "carbetocin": "plasma.carbetocin_concentration",
    "atosiban": "plasma.atosiban_concentration",
    "atosiban_m1": "plasma.atosiban_m1_concentration",
}
"""Ligand -> the level in plasma that a receptor model may read."""

_PREFIX = "receptors."
_ONE = "1 dimensionless"
_OF_DENSITY = tuple(f"physiology.{when}receptor_density" for when in ("", "early_", "late_"))
_OF_AFFINITY = tuple(
    f"receptors.{name}"
    for name in ("free_magnesium", "magnesium_constant", "reference_magnesium", "cholesterol", "without_cholesterol")
)


class _Receptor:
    """Writes the rules of one receptor."""

    def __init__(self, document: Document, found: Contents, room: Running) -> None:
        self.document, self.found, self.room = document, found, room
        self.read = {port.name for port in room.component.inputs}

    def number(self, name: str) -> str:
        return add_number(self.document, self.found, self.room, f"{_PREFIX}{name}")

    def value(self, name: str) -> float:
        found = self.room.numbers.get(f"{_PREFIX}{name}")
        return 0.0 if found is None else found.value

    def rule(self, name: str, unit: str, text: str, formula: str) -> str:
        identifier = f"receptors_{name}"
        self.document.parameter(identifier, None, unit, text, constant=False)
        self.document.assign(identifier, formula)
        return identifier

    def level(self, name: str, unit: str, text: str, *ids: str) -> str:
        """Write a level at the start as a number with the evidence behind it, and return its identifier."""
        identifier = f"receptors_{name}"
        self.document.parameter(identifier, self.found.levels[f"{_PREFIX}{name}"], unit, text, self.found.notes(*ids))
        return identifier

    def in_plasma(self, ligand: str) -> str | None:
        """Return the concentration of a ligand that is in use and that this receptor looks at."""
        port = READ_PORTS[ligand]
        name = port.replace(".", "_")
        return name if port in self.read and name in self.document else None

    def write(self) -> None:
        """Write everything."""
        agonists, antagonists = self.agonists(), self.antagonists()
        bound = " + ".join(name for name, _ in agonists)
        blocked = " + ".join(antagonists) or "0 dimensionless"
        dose_ratio = self.rule("antagonist_dose_ratio", "1", "1 without antagonist", f"{_ONE} + {blocked}")
        total = f"{dose_ratio} + {bound}"
        self.rule("occupancy", "1", "receptors with an agonist on them", f"({bound}) / ({total})")
        coupled, density = self.coupled_and_density(dose_ratio)
        tau = f"{coupled} * {density} / {self.number('transducer_constant')}"
        weighted = " + ".join(name if share is None else f"{share} * {name}" for name, share in agonists)
        stimulus = self.rule("oxytocin_stimulus", "1", "operational stimulus", f"{tau} * ({weighted}) / ({total})")
        effect = f"{self.number('maximum_effect')} * {stimulus} / ({_ONE} + {stimulus})"
        self.rule("myometrium_effect", "1", "effect on the myometrium", effect)

    def agonists(self) -> list[tuple[str, str | None]]:
        """Write X/K of every agonist; return its identifier and that of its efficacy (None: that of oxytocin)."""
        factor = ""
        if "receptors.affinity_factor" in self.found.levels:
            text = "factor of magnesium and cholesterol on dissociation constants of agonists"
            factor = f" / {self.level('affinity_factor', '1', text, *_OF_AFFINITY)}"
        oxytocin = f"plasma_oxytocin_concentration / {self.number('oxytocin_molar_mass')}"
        oxytocin += f" / {self.number('oxytocin_affinity')}{factor}"
        found: list[tuple[str, str | None]] = [(self.rule("oxytocin_bound", "1", "oxytocin, X/K", oxytocin), None)]
        carbetocin = self.in_plasma("carbetocin")
        if carbetocin is not None:
            formula = f"{carbetocin} / {self.number('carbetocin_molar_mass')} / {self.number('carbetocin_affinity')}"
            name = self.rule("carbetocin_bound", "1", "carbetocin, X/K", formula + factor)
            found.append((name, self.number("carbetocin_efficacy")))
        if self.value("vasopressin_concentration") > 0:
            formula = f"{self.number('vasopressin_concentration')} / {self.number('vasopressin_affinity')}{factor}"
            name = self.rule("vasopressin_bound", "1", "vasopressin, X/K", formula)
            found.append((name, self.number("vasopressin_efficacy")))
        return found

    def antagonists(self) -> list[str]:
        """Write B/K of every antagonist and return the identifiers."""
        found = []
        levels = [name for name in (self.in_plasma("atosiban"),) if name is not None]
        if self.value("atosiban_concentration") > 0:
            levels.append(self.number("atosiban_concentration"))
        metabolite = self.in_plasma("atosiban_m1")
        for ligand, level in (("atosiban", " + ".join(levels)), ("atosiban_m1", metabolite)):
            if level:
                formula = f"{self.number('atosiban_free_fraction')} * ({level}) / {self.number('atosiban_molar_mass')}"
                formula += f" / {self.number(f'{ligand}_affinity')}"
                found.append(self.rule(f"{ligand}_bound", "1", f"{ligand.replace('_', ', ')}, free, B/K", formula))
        for identifier, number in self.room.numbers.items():
            ligand = identifier.removeprefix(_PREFIX).removesuffix("_concentration")
            known = f"{_PREFIX}{ligand}_concentration" == identifier and ligand not in ("atosiban", "vasopressin")
            if known and number.value > 0 and f"{_PREFIX}{ligand}_affinity" in self.room.numbers:
                formula = f"{self.number(f'{ligand}_concentration')} / {self.number(f'{ligand}_affinity')}"
                found.append(self.rule(f"{ligand}_bound", "1", f"{ligand}, B/K", formula))
        return found

    def coupled_and_density(self, dose_ratio: str) -> tuple[str, str]:
        """Write coupling and density: numbers, or what stimulation wears down and time restores."""
        if getattr(self.room.component.settings, "desensitisation", "off") != "on":
            coupled = self.level("coupled_fraction", "1", "receptors that signal")
            return coupled, self.level("density", "fmol/mg", "receptor density", *_OF_DENSITY)
        found, drive = self.found, self.drive(dose_ratio)
        fractions = {}
        for name, gain, loss, text in (
            ("coupled_fraction", "recoupling_rate", "uncoupling_rate", "receptors that signal"),
            ("remaining_fraction", "turnover_rate", "loss_rate", "receptors that are there"),
        ):
            fractions[name] = identifier = f"receptors_{name}"
            start = float(getattr(self.room.state, name)[found.row])
            self.document.parameter(identifier, start, "1", text, constant=False)
            fresh = f"{self.number(gain)} * ({_ONE} - {identifier})"
            self.document.move(identifier, f"{fresh} - {self.number(loss)} * {drive} * {identifier}")
        formula = f"{fractions['remaining_fraction']} * {self.density_set()}"
        return fractions["coupled_fraction"], self.rule("density", "fmol/mg", "receptor density", formula)

    def density_set(self) -> str:
        name = "physiology_receptor_density_set"
        if name not in self.document:
            value = self.found.levels["physiology.receptor_density_set"]
            notes = self.found.notes(*_OF_DENSITY)
            self.document.parameter(name, value, "fmol/mg", "receptor density without stimulation", notes)
        return name

    def drive(self, dose_ratio: str) -> str:
        """Write the drive of desensitisation: agonists beyond rest against the EC50 of the unstimulated tissue."""
        level, basal = "plasma_oxytocin_concentration", "physiology_basal_concentration"
        beyond = f"piecewise({level} - {basal}, {level} > {basal}, 0 pg_per_mL) / {self.number('oxytocin_molar_mass')}"
        carbetocin = self.in_plasma("carbetocin")
        if carbetocin is not None:
            mass = self.number("carbetocin_molar_mass")
            beyond += f" + {self.number('carbetocin_efficacy')} * {carbetocin} / {mass}"
        excess = self.rule("excess", "fmol/mL", "agonists beyond rest", f"({beyond}) / {dose_ratio}")
        factor = " * receptors_affinity_factor" if "receptors_affinity_factor" in self.document else ""
        reserve = f"({_ONE} + {self.density_set()} / {self.number('transducer_constant')})"
        half = f"{self.number('drive_constant')} * {self.number('oxytocin_affinity')}{factor} / {reserve}"
        return self.rule("drive", "1", "drive of desensitisation", f"{excess} / ({excess} + {half})")


def write_receptors(document: Document, found: Contents, room: Running) -> None:
    """Write occupancy and effect; without receptors of a uterus there is nothing to write."""
    if found.levels["receptors.density"] > 0:
        _Receptor(document, found, room).write()
