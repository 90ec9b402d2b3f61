"""Verbs about kinetics: what the body does to a drug."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from knuffel.cli_options import JsonOption, OverwriteOption, ScenarioArgument, SetOption, print_json

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    app.command("export-sbml")(export_sbml)


def export_sbml(
    scenario: ScenarioArgument,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="the SBML file to write")],
    changes: SetOption = None,
    subject: Annotated[int | None, typer.Option("--subject", help="which subject of a cohort, counted from 1")] = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write the kinetics of a scenario as SBML: blood, cerebrospinal fluid, receptor and doses of one subject."""
    from knuffel.kinetics_exchange import export_sbml as exported
    from knuffel.scenario import load_scenario

    done = exported(load_scenario(scenario, changes or []), out, subject=subject, overwrite=overwrite)
    for text in (*map(str, done.notices), *done.warnings):
        print(f"note: {text}", file=sys.stderr)
    if as_json:
        print_json(done.as_dict())
    else:
        print(f"written: {done.file}")
