"""Verbs about kinetics: curves summed up, runs and the model for other programs, protocols by name."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from knuffel.cli_options import (
    JsonOption,
    OverwriteOption,
    ScenarioArgument,
    SetOption,
    must_be_writable,
    print_json,
)
from knuffel.errors import KnuffelError, StoreError, nearest

__all__ = ["register"]

_OF_SAMPLES = ("events", "observations")
_FORMATS = (*_OF_SAMPLES, "netcdf", "csv")


def register(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    app.command("pk")(pk)
    app.command("export")(export)
    app.command("export-sbml")(export_sbml)
    app.command("protocols")(protocols)


def pk(
    source: Annotated[
        str, typer.Argument(metavar="RESULT|CSV", help="a result (--out of a run), or a table TIME[min],DV[pg/mL]")
    ],
    variable: Annotated[
        str | None,
        typer.Option("--variable", metavar="PORT", help="of a result; of oxytocin unless given"),
    ] = None,
    dose: Annotated[str | None, typer.Option("--dose", metavar="AMOUNT", help="for clearance: 10 IU")] = None,
    route: Annotated[
        str | None, typer.Option("--route", help="extravascular, iv_bolus or iv_infusion; as recorded unless given")
    ] = None,
    over: Annotated[str | None, typer.Option("--over", metavar="TIME", help="how long an infusion lasts")] = None,
    dose_at: Annotated[
        str | None, typer.Option("--dose-at", metavar="TIME", help="when the dose began; as recorded unless given")
    ] = None,
    baseline: Annotated[
        str, typer.Option("--baseline", metavar="LEVEL", help="taken away: none, first, before (the dose), or 2 pg/mL")
    ] = "none",
    threshold: Annotated[
        str | None, typer.Option("--threshold", metavar="LEVEL", help="how long the level is above this")
    ] = None,
    loq: Annotated[
        str | None, typer.Option("--loq", metavar="LEVEL", help="limit of quantification: what is below is not used")
    ] = None,
    method: Annotated[
        str, typer.Option("--method", help="of areas: linear_up_log_down, linear or log")
    ] = "linear_up_log_down",
    as_json: JsonOption = False,
) -> None:
    """Sum up a curve of concentration without a model: AUC, Cmax, tmax, half-life, MRT, clearance, volumes."""
    from knuffel.kinetics_report import Wishes, find_kinetics

    found = find_kinetics(source, Wishes(variable, dose, route, over, dose_at, baseline, threshold, loq, method))
    for notice in found.notices:
        print(f"note: {notice}", file=sys.stderr)
    if as_json:
        print_json(found.as_dict())
    else:
        print(found.text())


def export(
    source: Annotated[Path, typer.Argument(metavar="RESULT", help="a result (--out of a run)")],
    kind: Annotated[
        str, typer.Option("--format", help="events (a dosing table), observations (samples), netcdf, or csv (a folder)")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="PATH", help="the file to write; the folder of csv")],
    series: Annotated[
        str | None,
        typer.Option("--series", metavar="NAME", help="events, observations: which sampling series; none: only doses"),
    ] = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write a finished run for other programs: its doses and samples as a table, its samples, or everything."""
    from knuffel.result import Result

    if kind not in _FORMATS:
        near = nearest(kind, _FORMATS)
        hint = f"; did you mean {near!r}?" if near else ""
        raise KnuffelError(f"--format {kind}: allowed are {', '.join(_FORMATS)}{hint}")
    if series is not None and kind not in _OF_SAMPLES:
        raise KnuffelError(f"--series belongs to --format {' and '.join(_OF_SAMPLES)}")
    must_be_writable(out)
    if out.exists() and not overwrite:
        raise StoreError(f"{out} exists; --overwrite replaces it")
    result = Result.open(source)
    notices = []
    if kind == "events":
        from knuffel.result.events import event_notices

        result.to_events(out, series)
        notices = event_notices(result.recorded)
    elif kind == "observations":
        result.to_observations(out, series)
    elif kind == "netcdf":
        result.to_netcdf(out)
    else:
        result.to_csv(out)
    for notice in notices:
        print(f"note: {notice}", file=sys.stderr)
    if as_json:
        print_json({"file": str(out), "format": kind, "notices": [vars(notice) for notice in notices]})
    else:
        print(f"written: {out}")


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


def protocols(as_json: JsonOption = False) -> None:
    """List the protocols that a dose may name: for whom, rates or doses, source."""
    from knuffel.scenario.protocol_table import protocol_rows, protocol_text

    if as_json:
        print_json({"protocols": protocol_rows()})
    else:
        print(protocol_text(protocol_rows()))
