"""From the files of the published engine of the network to a scenario, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import Any

from knuffel.engine.store import atomic_path
from knuffel.errors import DataError, KnuffelError, Notice, Problem, StoreError
from knuffel.evidence import load
from knuffel.network_files import DEFAULTS, graph_text, parameter_text, read_graph, read_parameters

__all__ = ["Exchange", "export_network", "import_network"]

_MODEL = "rossoni-2008"
_IDS = {
    "T_OT_max": ("oxytocin_excitation_limit", "mV"),
    "a_E": ("excitatory_step", ""),
    "a_I": ("inhibitory_step", ""),
    "ahp_max": ("ahp_limit", "mV"),
    "ahp_tau": ("ahp_time_constant", "ms"),
    "cann_thre": ("endocannabinoid_half_effect", ""),
    "ec_step": ("endocannabinoid_step", ""),
    "f_max": ("endocannabinoid_limit", ""),
    "half_ahp": ("ahp_half_count", ""),
    "hap_max": ("hap_size", "mV"),
    "hap_tau": ("hap_time_constant", "ms"),
    "k_r": ("dendritic_release_fraction", ""),
    "ot_to_dep": ("oxytocin_excitation", "mV"),
    "rel_delay": ("dendritic_release_delay", "ms"),
    "res_max": ("dendritic_store_limit", ""),
    "tau_cann": ("endocannabinoid_time_constant", "ms"),
    "tau_m": ("membrane_time_constant", "ms"),
    "tau_ot": ("local_oxytocin_time_constant", "ms"),
    "tau_r": ("dendritic_store_time_constant", "ms"),
    "tau_rel": ("dendritic_release_interval", "ms"),
    "vrest": ("resting_potential", "mV"),
    "vthre0": ("threshold", "mV"),
}
"""Keys that mean one parameter of ours. Rates are not here: the engine counts them for each dendrite."""

_FIXED = {"excitatory_reversal": 0.0, "inhibitory_reversal": -80.0}
"""What stands as a constant in the code of the engine."""


@dataclass(frozen=True)
class Exchange:
    """What was written, and what the user should know."""

    files: tuple[Path, ...]
    notices: tuple[Notice, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {"files": [str(file) for file in self.files], "warnings": [str(notice) for notice in self.notices]}


def import_network(
    parameters: Path, output: Path, connections: Path | None = None, *, overwrite: bool = False
) -> Exchange:
    """Write a scenario that runs what the files describe: a litter that suckles from the start to the end.

    Raises `DataError` for a mistake in a file or a number that no scenario may have, `StoreError` when the output
    cannot be written, exists, or is one of the files that are read.
    """
    _keep((parameters, connections), output)
    values, notices = read_parameters(parameters)
    graph = None
    if connections is not None:
        pairs, bundles = read_graph(connections)
        for key, count in (("Ncells", len(pairs)), ("Nbun", bundles)):
            if count != values[key]:
                raise KnuffelError(
                    f"{connections}: it has {count} where {parameters} has {key} = {values[key]:g}; they have to agree"
                )
        graph = str(connections.resolve())
        if output.resolve().parent in connections.resolve().parents:
            graph = str(connections.resolve().relative_to(output.resolve().parent))
    else:
        text = (
            "without the connections that the engine wrote, the graph is drawn anew: another network of the same kind"
        )
        notices.append(Notice("network_file_graph", text, str(parameters)))
    _write({output: _scenario(values, graph, parameters)}, overwrite)
    return Exchange((output,), tuple(notices))


def _scenario(values: Mapping[str, float], graph: str | None, origin: Path) -> str:
    seed = int(values["random_seed"]) or 1
    changed = {key for key, value in values.items() if value != DEFAULTS[key]}
    told = [(key, name, values[key], unit) for key, (name, unit) in _IDS.items() if key in changed]
    if "re" in changed:
        told.append(("re", "psp_rate", 2 * values["re"], "Hz"))
    if changed & {"re", "ri"}:
        told.append(("ri / re", "inhibition_ratio", values["ri"] / values["re"], ""))
    if "I_su" in changed:
        told.append(("I_su", "priming_rate", 1000 * values["I_su"], "1/s"))
    for key, name, value, unit in told:
        low, high = load.parameters()[f"neurons.{name}"].bounds
        if not low <= value <= high:
            found, allowed = f"{value:g} {unit}".strip(), f"{low:g} to {high:g} {unit}".strip()
            message = f"neurons.{name} cannot be this"
            raise DataError(str(Problem(message, str(origin), key=key, found=found, allowed=allowed)))
    numbers = sorted((name, f"{_number(value)} {unit}".strip()) for _, name, value, unit in told)
    given = ["    parameters:", *(f"      {name}: {text}" for name, text in numbers)]
    settings = f"    settings: {{bundles: {values['Nbun']:.0f}, topology_seed: {seed}}}"
    lines = [
        f"# Made from {origin.name!r}, a parameter file of the published engine of the network.",
        "# What is not given here has the value of the engine, which is that of the set rossoni-2008.",
        "knuffel: 1",
        "title:",
        '  en: "A network from the published engine"',
        '  nl: "Een netwerk uit het gepubliceerde programma"',
        f"duration: {values['t_end']:.0f} ms",
        f"seed: {seed}",
        "",
        "subject: {species: rat, sex: female, state: lactating}",
        "",
        "stimuli:",
        f"  - {{kind: suckling, start: 0 s, duration: {values['t_end']:.0f} ms}}",
        "",
        "body:",
        "  neurons:",
        f"    model: {_MODEL}",
        f"    cells: {values['Ncells']:.0f}",
        settings if graph is None else f"    graph: {json.dumps(graph, ensure_ascii=False)}",
        *(given if numbers else []),
    ]
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    """Return a number as short as it stays exact."""
    short = f"{value:.15g}"
    return short if float(short) == value else repr(float(value))


def export_network(
    scenario: str, parameters: Path, connections: Path | None = None, *, overwrite: bool = False
) -> Exchange:
    """Write the network of a scenario as files of the published engine, as far as it can take them.

    Raises `KnuffelError` when the neurons of the scenario are no such network, and as `import_network` does.
    """
    from knuffel.assembly import assemble
    from knuffel.scenario import load_scenario

    if connections is not None and connections.absolute() == parameters.absolute():
        raise StoreError(f"{parameters}: two files cannot have the same name")
    for place in (parameters, connections):
        _keep((Path(scenario),), place)
    loaded = load_scenario(scenario, [])
    spec = loaded.rooms["neurons"]
    if spec.mode != "model" or spec.model != _MODEL:
        running = spec.model if spec.mode == "model" else spec.mode
        raise KnuffelError(f"{scenario}: the neurons are {running}; only {_MODEL} can be written for the engine")
    model = assemble(loaded)
    numbers = {name.split(".")[1]: _one(item.value) for name, item in model.resolved.items() if _of_neurons(name)}
    (component,) = (part.component for part in model.wiring.parts if part.room == "neurons")
    drawn = component.attributes()["network"] if component is not None else {}
    values = {key: numbers[name] for key, (name, _) in _IDS.items()}
    values |= {
        "re": numbers["psp_rate"] / 2,
        "ri": _converted(numbers["psp_rate"] * numbers["inhibition_ratio"] / 2),
        "I_su": _converted(numbers["priming_rate"] / 1000),
        "Ncells": len(drawn["graph"]),
        "Nbun": drawn["bundles"],
        "Ndend": 2,
        "t_end": loaded.duration,
        "random_seed": loaded.seed,
    }
    texts = {parameters: parameter_text(values)}
    if connections is not None:
        texts[connections] = graph_text(drawn["graph"], drawn["bundles"])
    _write(texts, overwrite)
    return Exchange(tuple(texts), tuple(_lost(spec.settings, numbers, values)))


def _converted(value: float) -> float:
    """Return a number without what the conversion added in its last digit: 90 for 90.00000000000001."""
    short = float(f"{value:.12g}")
    return short if isclose(short, value, rel_tol=1e-15) else value


def _one(value: Any) -> float:
    """Return the number of the first subject."""
    return float(value[0] if isinstance(value, tuple) else value)


def _of_neurons(name: str) -> bool:
    return name.startswith("neurons.")


def _lost(settings: Mapping[str, Any], numbers: Mapping[str, float], values: Mapping[str, float]) -> list[Notice]:
    """Say what the engine cannot do."""
    usual = {"integrator": "euler", "store_ceiling": False, "insensitive_cells": ()}
    lost = [name for name, value in usual.items() if settings.get(name, value) != value]
    lost += [name for name, value in _FIXED.items() if numbers[name] != value]
    found = []
    if lost:
        text = f"the published engine has no {', '.join(lost)}: it runs without"
        found.append(Notice("network_file_lost", text, "neurons"))
    text = (
        "the published engine draws its own connections from random_seed and cannot read a file of them; suckling is "
    )
    text += "full from its first ms to its last, whatever the stimuli of the scenario"
    found.append(Notice("network_file_limits", text, "neurons"))
    if not values["re"] or not values["ri"]:
        found.append(Notice("network_file_rate", "re or ri is 0, which the engine refuses", "neurons"))
    if values["random_seed"] == 0:
        found.append(Notice("network_file_seed", "the seed is 0, which the engine takes as the clock", "neurons"))
    return found


def _write(texts: Mapping[Path, str], overwrite: bool) -> None:
    """Write all files whole, or none."""
    for place in texts:
        if place.exists() and not overwrite:
            raise StoreError(f"{place} exists; --overwrite replaces it")
        if not place.absolute().parent.is_dir():
            raise StoreError(f"{place}: there is no folder {place.absolute().parent}")
    with ExitStack() as stack:
        for place, text in texts.items():
            stack.enter_context(atomic_path(place)).write_text(text, encoding="utf-8")


def _keep(inputs: tuple[Path | None, ...], output: Path | None) -> None:
    """Refuse an output that is one of the files that are read."""
    for file in inputs:
        if file is not None and output is not None and file.exists() and output.exists() and output.samefile(file):
            raise StoreError(f"{output}: this file is read; it cannot be written too")
