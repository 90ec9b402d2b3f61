"""Tables made from the package itself: rooms, ports, verbs, errors, bundled scenarios."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from markdown_text import first_paragraph, table

import knuffel
from knuffel import errors
from knuffel.body import plan

PACKAGE = Path(knuffel.__file__).parent


def room(folder: str) -> str:
    """Return the README of a room as a section of a page."""
    text = (PACKAGE / "body" / folder / "README.md").read_text(encoding="utf-8")
    title, _, body = text.partition("\n")
    return f"## {title.lstrip('# ')}\n{re.sub(r'^#', '##', body, flags=re.MULTILINE)}"


def ports(name: str = "") -> str:
    """Return the output ports of a room, or of all rooms: unit, kind, meaning, readers."""
    readers: dict[str, set[str]] = {}
    for other in plan.ROOMS:
        for model in plan.models(other):
            for port in plan.component_class(other, model).inputs:
                readers.setdefault(port.name, set()).add(other)
    rows: dict[str, tuple[str, ...]] = {}
    for chosen in [name] if name else plan.ROOMS:
        for model in plan.models(chosen):
            for port in plan.component_class(chosen, model).outputs:
                who = ", ".join(sorted(readers.get(port.name, ())))
                rows.setdefault(port.name, (f"`{port.name}`", port.unit, str(port.kind), port.doc, who))
    return table(("Port", "Unit", "Kind", "Meaning", "Read by"), rows.values())


def models() -> str:
    """Return the rooms in the order of the signal, with the models that can stand in each."""
    rows = []
    for name in plan.ROOMS:
        for model in plan.models(name):
            component = plan.component_class(name, model)
            interval = component.coupling_interval
            step = "follows the others" if interval is None else f"{interval / 1000:g} s"
            chosen = f"`{model}`" + (" (default)" if plan.DEFAULT_MODEL[name] == model else "")
            rows.append((f"`{name}`", chosen, step, first_paragraph(component.__doc__)))
    return table(("Room", "Model", "Coupling interval", "What it is"), rows)


def error_kinds() -> list[type[errors.KnuffelError]]:
    """Return the errors that knuffel raises on purpose, the base first."""
    kinds = (kind for kind in vars(errors).values() if isinstance(kind, type))
    return [kind for kind in kinds if issubclass(kind, errors.KnuffelError)]


def error_codes() -> str:
    """Return code, class, exit code and meaning of every error."""
    return table(
        ("Code", "Class", "Exit code", "Meaning"),
        (
            (f"`{kind.code}`", f"`{kind.__name__}`", kind.exit_code, first_paragraph(kind.__doc__))
            for kind in error_kinds()
        ),
    )


def _commands() -> dict[str, Any]:
    from typer.main import get_command

    from knuffel.cli import app

    top: Any = get_command(app)
    found: dict[str, Any] = {}
    for name, item in top.commands.items():
        nested = getattr(item, "commands", None)
        found.update({f"{name} {inner}": part for inner, part in nested.items()} if nested else {name: item})
    return found


def verbs() -> list[str]:
    """Return every verb of the command line, nested ones as two words."""
    return list(_commands())


def command(verb: str) -> str:
    """Return what a verb does, its arguments and its options, from the parser itself."""
    found = _commands()[verb]
    rows = []
    for item in found.params:
        word = item.metavar or ""
        name = f"`{word or item.name.upper()}`" if item.param_type_name == "argument" else f"`{', '.join(item.opts)}`"
        shown = f"{name} `{word}`" if word and item.param_type_name == "option" else name
        rows.append((shown, item.help or ""))
    return f"{first_paragraph(found.help)}\n\n" + table(("Argument or option", "Meaning"), rows)


def scenario_keys() -> str:
    """Return every key of a scenario file, one section for each part of it, from the JSON Schema."""
    from knuffel.scenario.json_schema import scenario_schema

    schema = scenario_schema()
    parts = {"The file": schema, **{name: part for name, part in schema["$defs"].items() if "properties" in part}}
    return "\n\n".join(f"### {_title(name)}\n\n{_keys(part)}" for name, part in parts.items())


def _title(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def _keys(part: dict[str, Any]) -> str:
    needed = part.get("required", ())
    rows = (
        (f"`{key}`", "yes" if key in needed else "", item.get("description", ""), _example(item))
        for key, item in part["properties"].items()
    )
    lead = first_paragraph(part.get("description", ""))
    return f"{lead}\n\n" + table(("Key", "Needed", "Meaning", "Example"), rows)


def _example(item: dict[str, Any]) -> str:
    examples = item.get("examples", ())
    return f"`{examples[0]}`" if examples else ""


def scenarios(language: str = "en") -> str:
    """Return the bundled scenarios, one line each."""
    from knuffel.scenario import bundled, load_scenario

    items = [load_scenario(name) for name in bundled()]
    return "\n".join(f"- `{item.name}`: {_line(item.title[language], item.description[language])}" for item in items)


def _line(title: str, description: str) -> str:
    sentence = re.split(r"(?<=[.!?])\s", " ".join(description.split()))[0].rstrip(".")
    return f"{title.strip().rstrip('.')}. {sentence}." if sentence and sentence != title else f"{title}."
