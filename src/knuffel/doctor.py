"""Is this installation sound: versions, optional parts, package data, and whether the kernels compile and run."""

from __future__ import annotations

import platform
import time
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from knuffel import __version__
from knuffel.errors import KnuffelError

__all__ = ["examine", "text"]

_CORE = ("numpy", "scipy", "numba", "pydantic", "pint", "ruamel.yaml", "xarray", "zarr", "h5netcdf", "typer", "rich")
_EXTRAS = {"plot": ("matplotlib", "jinja2"), "nwb": ("pynwb", "neo"), "sbml": ("libsbml",), "bench": ("brian2",)}


def examine(*, warm: bool = False) -> dict[str, Any]:
    """Return the facts as JSON-able data; ``ok`` is False when a part of the core is missing or does not work.

    With ``warm``, every bundled scenario is run for two simulated minutes and a short spike train is analysed, which
    compiles and stores all kernels.
    """
    facts: dict[str, Any] = {
        "version": __version__,
        "python": platform.python_version(),
        "platform": f"{platform.machine()} {platform.system()}",
        "libraries": {name: _version(name) for name in _CORE},
        "extras": {extra: all(find_spec(name) for name in names) for extra, names in _EXTRAS.items()},
    }
    problems = [f"{name} is not installed" for name, found in facts["libraries"].items() if found is None]
    if not problems:
        problems += _data_problems(facts)
    if warm and not problems:
        problems += _warm(facts)
    return {**facts, "problems": problems, "ok": not problems}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _data_problems(facts: dict[str, Any]) -> list[str]:
    from knuffel.evidence import load
    from knuffel.scenario import bundled, load_scenario

    try:
        facts["parameters"], facts["sources"] = len(load.parameters()), len(load.sources())
        facts["scenarios"] = len([load_scenario(name) for name in bundled()])
    except KnuffelError as error:
        return [str(error)]
    return []


def _warm(facts: dict[str, Any]) -> list[str]:
    from knuffel.analysis import spikes
    from knuffel.scenario import bundled, load_scenario
    from knuffel.simulation import simulate

    began, problems = time.perf_counter(), []
    spikes.statistics(range(20))
    for name in bundled():
        whole = load_scenario(name, ["engine.warm_up=2 s", "engine.debug=true"])
        observe = replace(whole.observe, samples=())
        try:
            simulate(replace(whole, duration=min(whole.duration, 120_000), doses=(), observe=observe))
        except KnuffelError as error:
            problems.append(f"{name}: {error}")
    facts["warm_seconds"] = round(time.perf_counter() - began, 2)
    return problems


def text(facts: dict[str, Any]) -> str:
    """Return the facts as lines for a person."""
    lines = [f"knuffel {facts['version']}, Python {facts['python']}, {facts['platform']}"]
    lines += [f"  {name:<12} {found or 'MISSING'}" for name, found in facts["libraries"].items()]
    lines += [
        f"  extra {name:<6} {'installed' if there else 'not installed'}" for name, there in facts["extras"].items()
    ]
    for key in ("parameters", "sources", "scenarios", "warm_seconds"):
        if key in facts:
            lines.append(f"  {key.replace('_', ' ')}: {facts[key]}")
    lines += [f"problem: {problem}" for problem in facts["problems"]] or ["all well"]
    return "\n".join(lines)
