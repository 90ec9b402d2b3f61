"""Verbs about networks of neurons: their bursts, and the files of a published engine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from knuffel.cli_options import (
    JsonOption,
    LanguageOption,
    OverwriteOption,
    ScenarioArgument,
    language,
    must_be_writable,
    print_json,
)

if TYPE_CHECKING:
    from knuffel.network_exchange import Exchange

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    app.command("bursts")(bursts)
    app.command("import-network")(import_network)
    app.command("export-network")(export_network)


def bursts(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="a result (--out of a run), or a file of spike times")
    ],
    unit: Annotated[str | None, typer.Option("--unit", help="of the times in a file: s, ms or us")] = None,
    subject: Annotated[int, typer.Option("--subject", help="which subject of a result, counted from 1")] = 1,
    figure: Annotated[
        Path | None, typer.Option("--figure", help="write rate, raster, profile and intervals (.png, .svg, .pdf)")
    ] = None,
    lang: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """List the bursts in which the cells of a network fire together: when, how many cells, how long, how fast."""
    from knuffel.burst_report import find_bursts

    language(lang)
    must_be_writable(figure)
    found = find_bursts(source, unit=unit, subject=subject)
    for notice in found.notices:
        print(f"note: {notice}", file=sys.stderr)
    if figure is not None:
        found.figure(figure, lang=lang)
    if as_json:
        print_json(found.as_dict())
    else:
        print(found.text())
        if figure is not None:
            print(f"written: {figure}")


def import_network(
    parameters: Annotated[Path, typer.Argument(metavar="PARAMETERS", help="parameter file of the published engine")],
    output: Annotated[Path, typer.Option("--output", metavar="SCENARIO", help="the scenario to write")],
    connections: Annotated[Path | None, typer.Option("--connections", help="the graph that the engine wrote")] = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make a scenario from the files of the published engine of the network."""
    from knuffel.network_exchange import import_network as exchanged

    _print_exchange(exchanged(parameters, output, connections, overwrite=overwrite), as_json)


def export_network(
    scenario: ScenarioArgument,
    parameters: Annotated[Path, typer.Option("--parameters", metavar="FILE", help="the parameter file to write")],
    connections: Annotated[Path | None, typer.Option("--connections", help="write the graph here")] = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write the network of a scenario as files of the published engine."""
    from knuffel.network_exchange import export_network as exchanged

    _print_exchange(exchanged(scenario, parameters, connections, overwrite=overwrite), as_json)


def _print_exchange(done: Exchange, as_json: bool) -> None:
    for notice in done.notices:
        print(f"note: {notice}", file=sys.stderr)
    if as_json:
        print_json(done.as_dict())
    else:
        for file in done.files:
            print(f"written: {file}")
