"""The command line: parses, calls the public API, prints. Every verb takes ``--json``; logs go to stderr.

Exit codes: 0 ok, 1 a check failed, 2 bad input, 3 numerical failure, 130 interrupted.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from knuffel import __version__, cli_kinetics, cli_networks
from knuffel.cli_options import (
    JsonOption,
    LanguageOption,
    ScenarioArgument,
    SetOption,
    language,
    must_be_writable,
    print_json,
)
from knuffel.errors import KnuffelError, ScenarioError, UnitError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knuffel.simulation import Progress

__all__ = ["app", "main"]

app = typer.Typer(
    name="knuffel",
    help="An executable, quantitative model of the oxytocin system. Not medical advice.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
params = typer.Typer(help="The numbers of the model: list, show, cite.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(params, name="params")


def main() -> NoReturn:
    """Run the command line and leave with one of the exit codes of the module docstring."""
    as_json = "--json" in sys.argv
    try:
        code = app(standalone_mode=False)
    except KnuffelError as error:
        _report(error, as_json)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except typer.Abort:
        sys.exit(130)
    except Exception as error:
        show, words = getattr(error, "show", None), getattr(error, "format_message", None)
        if show is None or words is None:
            raise
        show()  # a usage error of the option parser
        if as_json:
            print_json({"error": {"code": "usage", "message": words()}})
        sys.exit(2)
    sys.exit(code if isinstance(code, int) else 0)


def _report(error: KnuffelError, as_json: bool) -> None:
    print(f"knuffel: {error}", file=sys.stderr)
    if as_json:
        facts: dict[str, Any] = {"code": error.code, "message": str(error)}
        if isinstance(error, ScenarioError):
            facts["problems"] = [vars(problem) for problem in error.problems]
        print_json({"error": facts})


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="print the version")] = False) -> None:
    if version:
        print(f"knuffel {__version__}")
        raise typer.Exit


@app.command()
def run(
    scenario: ScenarioArgument,
    out: Annotated[Path | None, typer.Option("--out", help="stream results and checkpoints to this directory")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="replace the scenario's seed")] = None,
    changes: SetOption = None,
    resume: Annotated[bool, typer.Option("--resume", help="continue the interrupted run in --out")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace the result in --out")] = False,
    figure: Annotated[
        Path | None, typer.Option("--figure", help="write the one-page figure (.png, .svg, .pdf)")
    ] = None,
    report: Annotated[Path | None, typer.Option("--report", help="write a self-contained HTML report")] = None,
    netcdf: Annotated[Path | None, typer.Option("--netcdf", help="write all variables to one netCDF file")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="write CSV tables to this directory")] = None,
    lang: LanguageOption = "en",
    quiet: Annotated[bool, typer.Option("--quiet", help="no progress, no summary")] = False,
    as_json: JsonOption = False,
) -> None:
    """Run a scenario and print its summary."""
    from knuffel.scenario import load_scenario

    language(lang)
    if (resume or overwrite) and out is None:
        raise KnuffelError("--resume and --overwrite need --out, the directory of the run")
    if resume and overwrite:
        raise KnuffelError("--resume and --overwrite exclude each other")
    for path in (figure, report, netcdf, csv):
        must_be_writable(path)
    loaded = load_scenario(scenario, _with_seed(changes, seed))
    from knuffel.simulation import simulate

    with _progress(quiet or as_json) as progress:
        result = simulate(loaded, save=out, resume=resume, overwrite=overwrite, progress=progress)
    for notice in result.notices:
        print(f"note: {notice}", file=sys.stderr)
    if figure is not None:
        result.figure(figure, lang=lang)
    if report is not None:
        result.report(report, lang=lang)
    if netcdf is not None:
        result.to_netcdf(netcdf)
    if csv is not None:
        result.to_csv(csv)
    from knuffel.analysis.summaries import as_text

    summary = result.summary()
    if as_json:
        print_json(
            {
                "scenario": loaded.name,
                "seed": loaded.seed,
                "version": __version__,
                "summary": summary,
                "warnings": [str(notice) for notice in result.notices],
                "content_hash": result.content_hash,
                "out": None if out is None else str(out),
            }
        )
    elif not quiet:
        print(as_text(summary))
        for path in (out, figure, report, netcdf, csv):
            if path is not None:
                print(f"written: {path}")


def _with_seed(changes: list[str] | None, seed: int | None) -> list[str]:
    return [*(changes or []), *([f"seed={seed}"] if seed is not None else [])]


def _milliseconds(option: str, text: str | None) -> float | None:
    from knuffel.units import parse_quantity

    try:
        return None if text is None else parse_quantity(text, "ms")
    except UnitError as error:
        raise KnuffelError(f"{option}: {error}") from error


@contextmanager
def _progress(quiet: bool) -> Iterator[Progress | None]:
    """Yield a callback that draws a progress bar with the remaining time on a terminal, or None when quiet."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def show(done: float, total: float) -> None:
            text = f"simulated {done / 60:.0f} of {total / 60:.0f} min"
            bar.update(task, completed=done, total=total, description=text)

        yield show


@app.command()
def scenarios(
    show: Annotated[str | None, typer.Option("--show", metavar="NAME", help="print the file of one scenario")] = None,
    lang: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """List the bundled scenarios, or print one to start from."""
    from knuffel.scenario import bundled, load_scenario

    language(lang)
    if show is not None:
        source = load_scenario(show).source
        if as_json:
            print_json({"name": show, "source": source})
        else:
            print(source, end="")
        return
    rows = []
    for name in bundled():
        item = load_scenario(name)
        minutes = item.duration / 60_000
        rows.append(
            {"name": name, "title": item.title[lang], "description": item.description[lang], "minutes": minutes}
        )
    if as_json:
        print_json({"scenarios": rows})
    else:
        for row in rows:
            print(f"{row['name']:<18} {row['title']}")


@app.command()
def explain(
    scenario: ScenarioArgument, changes: SetOption = None, lang: LanguageOption = "en", as_json: JsonOption = False
) -> None:
    """Say what a scenario will run, in a table and in plain words."""
    from knuffel.assembly import assemble
    from knuffel.scenario import load_scenario
    from knuffel.scenario.explain import explain as explanation_of

    language(lang)
    loaded = load_scenario(scenario, changes or [])
    explanation = explanation_of(replace(loaded, notices=assemble(loaded).notices))
    if as_json:
        print_json(explanation.as_dict())
    else:
        print(explanation.text(lang))


@app.command()
def schema(as_json: JsonOption = False) -> None:
    """Print the JSON Schema of a scenario file."""
    from knuffel.scenario.json_schema import scenario_schema

    if as_json:
        print_json(scenario_schema())
    else:
        print(json.dumps(scenario_schema(), indent=2, ensure_ascii=False))


@app.command()
def spikes(
    recording: Annotated[Path, typer.Argument(metavar="FILE", help="spike times: CSV, TXT, NWB, or what neo reads")],
    unit: Annotated[str | None, typer.Option("--unit", help="of the times in the file: s, ms or us")] = None,
    cell: Annotated[str | None, typer.Option("--cell", metavar="NAME", help="only this cell of the file")] = None,
    start: Annotated[str, typer.Option("--start", metavar="TIME", help="leave out what comes before: 10 min")] = "0 s",
    duration: Annotated[
        str | None, typer.Option("--duration", metavar="TIME", help="only this long; to the end unless given")
    ] = None,
    sort: Annotated[bool, typer.Option("--sort", help="sort times that do not ascend")] = False,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="SCENARIO|SET", help="a scenario or a set of cells to put beside it"),
    ] = None,
    figure: Annotated[
        Path | None, typer.Option("--figure", help="write the four-panel figure (.png, .svg, .pdf)")
    ] = None,
    lang: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Describe recorded spikes: rate, intervals, hazard, dispersion; alone or beside a model."""
    from knuffel.recorded_spikes import compare
    from knuffel.recordings import read_recording

    language(lang)
    must_be_writable(figure)
    found = read_recording(recording, unit=unit, sort=sort)
    found = found if cell is None else found.select(cell)
    begin, length = _milliseconds("--start", start), _milliseconds("--duration", duration)
    if begin or length is not None:
        found = found.cut(begin or 0.0, length)
    with _progress(as_json) as progress:
        compared = compare(found, model, progress=progress)
    for notice in compared.notices:
        print(f"note: {notice}", file=sys.stderr)
    if figure is not None:
        compared.figure(figure, lang=lang)
    if as_json:
        print_json(compared.as_dict())
    else:
        print(compared.text(lang))
        if figure is not None:
            print(f"written: {figure}")


@params.command("list")
def params_list(
    room: Annotated[str | None, typer.Argument(help="only this room, or ids that hold this text")] = None,
    as_json: JsonOption = False,
) -> None:
    """List parameters: value, unit, status, spread."""
    from knuffel.evidence import tables

    rows = tables.parameter_rows(room)
    if as_json:
        print_json({"parameters": rows})
    else:
        print(tables.parameter_text(rows))


@params.command("show")
def params_show(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="room.quantity")], as_json: JsonOption = False
) -> None:
    """Show one parameter with its source, spread, bounds, and the sets that change it."""
    from knuffel.evidence import tables

    facts = tables.parameter_facts(identifier)
    if as_json:
        print_json(facts)
    else:
        print(tables.facts_text(facts))


@params.command("cite")
def params_cite(
    scenario: Annotated[str | None, typer.Argument(help="only what this scenario uses")] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the references behind the numbers."""
    from knuffel.evidence import tables

    keys = None
    if scenario is not None:
        from knuffel.assembly import assemble
        from knuffel.provenance import source_keys
        from knuffel.scenario import load_scenario

        loaded = load_scenario(scenario, [])
        keys = source_keys(loaded, assemble(loaded))
    rows = tables.citation_rows(keys)
    if as_json:
        print_json({"references": rows})
    else:
        print(tables.citation_text(rows))


@app.command()
def validate(
    studies: Annotated[list[str] | None, typer.Argument(help="only these studies or row ids")] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the model with published numbers: study, quantity, published, obtained, tolerance, verdict."""
    from knuffel.validation import runner

    rows = runner.run(studies or None)
    if as_json:
        print_json({"rows": runner.as_json(rows)})
    else:
        print(runner.as_text(rows))
    if any(row.verdict == "fail" for row in rows):
        raise typer.Exit(1)


@app.command("build-rate-tables")
def build_rate_tables(
    sets: Annotated[list[str] | None, typer.Argument(metavar="[SET]…", help="cell sets; all of the package")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="write here; into the package unless given")] = None,
    seed: Annotated[int, typer.Option("--seed", help="equal seeds give equal tables")] = 1,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="ID=VALUE", help="replace a number of the cells; repeatable")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="a coarse grid and short runs, to try it")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="no progress")] = False,
    as_json: JsonOption = False,
) -> None:
    """Compute the tables behind `fidelity: rate` from the spiking cells; minutes for each set."""
    from knuffel.tabulation import build_table, overrides, shipped_sets, write_table

    changed = overrides(changes or [])
    if out is None and (changed or quick):
        raise KnuffelError("--set and --quick make tables of your own: --out says where they go")
    rows = []
    for name in sets or shipped_sets():
        with _progress(quiet or as_json) as progress:
            table = build_table(name, changed, seed=seed, quick=quick, progress=progress)
        rows.append({"set": name, "file": str(write_table(table, out)), "rate_at_rest": table.rate_at_rest})
    if as_json:
        print_json({"tables": rows})
    else:
        for row in rows:
            print(f"{row['set']}: {row['file']} ({row['rate_at_rest']:.3g} spikes/s at rest)")


@app.command()
def doctor(
    warm: Annotated[bool, typer.Option("--warm", help="compile every kernel now")] = False, as_json: JsonOption = False
) -> None:
    """Check the installation: versions, optional parts, bundled data, compiled kernels."""
    from knuffel.doctor import examine, text

    facts = examine(warm=warm)
    if as_json:
        print_json(facts)
    else:
        print(text(facts))
    if not facts["ok"]:
        raise typer.Exit(1)


cli_networks.register(app)
cli_kinetics.register(app)

if __name__ == "__main__":
    main()
