"""Fill the documentation and the READMEs with tables from the package, so that they cannot drift.

A page asks for a table with a line such as ``{{ parameters plasma }}``; `expand` answers it while the site is built.
The READMEs hold blocks between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``: ``python docs/generate.py`` writes
them anew, ``python docs/generate.py --check`` says whether they are current.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import evidence_tables
import package_tables

ROOT = Path(__file__).resolve().parent.parent
READMES = {"README.md": "en", "README.nl.md": "nl"}
REQUEST = re.compile(r"^\{\{ *([a-z_]+)(?: +([^}]+?))? *\}\}$", re.MULTILINE)

ANSWERS: dict[str, Callable[..., str]] = {
    "all_parameters": evidence_tables.all_parameters,
    "assays": evidence_tables.assays,
    "command": package_tables.command,
    "error_codes": package_tables.error_codes,
    "models": package_tables.models,
    "parameters": evidence_tables.parameters,
    "ports": package_tables.ports,
    "room": package_tables.room,
    "scenario_keys": package_tables.scenario_keys,
    "scenarios": package_tables.scenarios,
    "sets": evidence_tables.sets,
    "sources": evidence_tables.sources,
    "statuses": evidence_tables.statuses,
    "stimuli": evidence_tables.stimuli,
    "stimulus_levels": evidence_tables.stimulus_levels,
    "targets": evidence_tables.targets,
    "validated": evidence_tables.validated,
    "validation": evidence_tables.validation,
}


def expand(markdown: str) -> str:
    """Return the page with every ``{{ name argument }}`` line replaced by what it asks for."""

    def answer(match: re.Match[str]) -> str:
        name, argument = match.groups()
        return ANSWERS[name](argument) if argument else ANSWERS[name]()

    return REQUEST.sub(answer, markdown)


def readme(name: str) -> str:
    """Return the text of a README with its generated blocks written anew."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for block in ("scenarios", "validated"):
        head, rest = text.split(f"<!-- begin {block} -->\n")
        tail = rest.partition(f"<!-- end {block} -->")[2]
        fresh = ANSWERS[block](READMES[name])
        text = f"{head}<!-- begin {block} -->\n{fresh}\n<!-- end {block} -->{tail}"
    return text


def main(arguments: list[str]) -> int:
    """Write the READMEs anew, or with ``--check`` say which of them are out of date."""
    stale = [name for name in READMES if readme(name) != (ROOT / name).read_text(encoding="utf-8")]
    for name in stale:
        if "--check" in arguments:
            print(f"{name} is out of date: run python docs/generate.py", file=sys.stderr)
        else:
            (ROOT / name).write_text(readme(name), encoding="utf-8")
            print(f"written: {name}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
