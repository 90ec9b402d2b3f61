"""From a scenario to a file in SBML."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knuffel.engine.store import atomic_write
from knuffel.errors import Notice, StoreError
from knuffel.evidence.tables import citation_rows
from knuffel.kinetics_exchange.blood import write_blood
from knuffel.kinetics_exchange.contents import Contents, contents
from knuffel.kinetics_exchange.document import Document
from knuffel.kinetics_exchange.fluid import write_fluid
from knuffel.kinetics_exchange.given import write_doses
from knuffel.kinetics_exchange.receptors import write_receptors
from knuffel.scenario.model import Scenario

__all__ = ["SbmlExport", "export_sbml"]

_DRIVERS = ("stimuli", "neurons", "secretion", "pulses")


@dataclass(frozen=True)
class SbmlExport:
    """What was written: the file, what the user should know, and the warnings of libSBML."""

    file: Path
    notices: tuple[Notice, ...]
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "file": str(self.file),
            "warnings": [str(notice) for notice in self.notices],
            "libsbml_warnings": list(self.warnings),
        }


def export_sbml(
    scenario: str | Path | Scenario, path: str | Path, *, subject: int | None = None, overwrite: bool = False
) -> SbmlExport:
    """Write the kinetics of a scenario as SBML level 3 version 2.

    Blood, cerebrospinal fluid and receptor of one subject (``subject`` counts from 1), and all doses as events; amounts
    in pg, volumes in mL, times in s. The file is written whole or not at all. Raises `ScenarioError`; `MissingExtra`
    without libSBML; `KnuffelError` for what cannot be exported; `StoreError` when the file exists or cannot be written.
    """
    if not isinstance(scenario, Scenario):
        from knuffel.scenario import load_scenario

        scenario = load_scenario(scenario)
    output = Path(path)
    _writable(output, overwrite)
    document = Document(_identifier(scenario.name), scenario.title.get("en", scenario.name))
    found = contents(scenario, subject)
    notices = tuple(_notices(found))
    document.describe(_description(found, notices))
    if found.fluid is not None:
        write_fluid(document, found, found.fluid)
    write_blood(document, found)
    write_doses(document, found)
    if found.receptors is not None:
        write_receptors(document, found, found.receptors)
    warnings = document.checked()
    atomic_write(output, document.content())
    return SbmlExport(output, notices, warnings)


def _writable(output: Path, overwrite: bool) -> None:
    if output.exists() and not overwrite:
        raise StoreError(f"{output} exists; --overwrite replaces it")
    if not output.absolute().parent.is_dir():
        raise StoreError(f"{output}: there is no folder {output.absolute().parent}")


def _identifier(name: str) -> str:
    """Return a name as SBML wants it: letters, digits and underscores, no digit in front."""
    text = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name)
    return text if text[:1].isalpha() else f"scenario_{text}"


def _notices(found: Contents) -> list[Notice]:
    """Say what a run of the scenario has and the file has not."""
    scenario, said = found.scenario, []
    moving = [room for room in _DRIVERS if room != "secretion" and scenario.rooms[room].mode != "off"]
    if scenario.stimuli or any(room in moving for room in ("neurons", "pulses")):
        text = "neurons, pulses and stimuli are not exported: the gland secretes what keeps its resting level"
        said.append(Notice("sbml_gland", text))
    if scenario.rooms["secretion"].mode != "model":
        text = f"secretion is {scenario.rooms['secretion'].mode} in the scenario; the file has a gland at rest"
        said.append(Notice("sbml_gland", text))
    if scenario.subject.state in ("pregnant", "postpartum"):
        said.append(Notice("sbml_pregnancy", "clearance and volumes stay as they are at the start of the scenario"))
    for room, running in (("csf", found.fluid), ("receptors", found.receptors)):
        if scenario.rooms[room].mode == "prescribed" and running is None:
            said.append(Notice("sbml_room", f"{room} is prescribed and left out"))
    if found.receptors is not None and found.levels["receptors.density"] <= 0:
        said.append(Notice("sbml_room", "there are no receptors of a uterus: receptors are left out"))
    return said


def _description(found: Contents, notices: tuple[Notice, ...]) -> list[str]:
    """Return the notes of the model."""
    from knuffel import __version__

    scenario = found.scenario
    lines = [
        f"Made by knuffel {__version__} from the scenario {scenario.name}, subject {found.row + 1} of "
        f"{scenario.subject.count}; hash of the scenario {scenario.hash}. Not medical advice.",
        "Amounts in pg, volumes in mL, times in s from the start of the scenario. Species are amounts. Clearances, "
        "volumes and levels are those of the subject at the start, by weight, organs and pregnancy; they stay so.",
        "Not in this file: neurons, pulses, stimuli, uterus, breast. The gland secretes basal concentration times "
        "clearance at all times.",
        *(str(notice) for notice in notices),
    ]
    if scenario.subject.count > 1:
        lines.append("One of a cohort: its numbers may differ from those of the evidence, which stand in the notes.")
    lines.append("Sources:")
    for row in citation_rows(sorted(found.sources())):
        lines.append(f"{row['key']}: {row['reference']}")
    return lines
