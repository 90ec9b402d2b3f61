"""The JSON Schema of a scenario file, for editors and forms. It is made of the same classes that read the file."""

from __future__ import annotations

from typing import Any, cast

from knuffel.body.plan import ROOMS, models
from knuffel.scenario.schema import Section

__all__ = ["scenario_schema"]


def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a scenario file."""
    from knuffel.evidence import load
    from knuffel.scenario.schema_body import Document

    schema = _clean(Document.model_json_schema(by_alias=True))
    definitions = schema["$defs"]
    for section in _sections(Section):
        if section.REQUIRED and section.__name__ in definitions:
            definitions[section.__name__]["required"] = list(section.REQUIRED)
    schema["required"] = list(Document.REQUIRED)
    properties = schema["properties"]
    for name in ("title", "description"):
        properties[name] = _or_short(properties[name], {"type": "string"})
    properties["events"] = {**properties["stimuli"], "description": "another name of stimuli"}
    properties["dose_table"] = _or_short(properties["dose_table"], {"type": "string"})
    definitions["DoseTable"]["properties"]["observations"]["enum"] = sorted(load.assays())
    for room in ROOMS:
        body = definitions["Body"]["properties"]
        # An editor that reads YAML 1.1 takes the word off for false.
        body[room] = _or_short(body[room], {"enum": ["off", False, *models(room)]})
    signal = definitions["Room"]["properties"]["outputs"]["additionalProperties"]
    definitions["Room"]["properties"]["outputs"]["additionalProperties"] = _or_short(signal, {"type": "string"})
    lists = ((definitions["Room"], "set"), (definitions["Record"], "variables"), (definitions["Population"], "spread"))
    for holder, name in lists:
        holder["properties"][name] = _or_short(holder["properties"][name], {"type": "string"})
    free = {"type": ["string", "number", "boolean"]}
    definitions["Room"]["properties"]["settings"]["additionalProperties"] = free
    definitions["Room"]["properties"]["parameters"]["additionalProperties"] = {"type": ["string", "number"]}
    definitions["Sample"]["properties"]["assay"]["enum"] = sorted(load.assays())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "knuffel scenario"}


def _or_short(schema: dict[str, Any], short: dict[str, Any]) -> dict[str, Any]:
    full = {key: value for key, value in schema.items() if key not in ("description", "examples")}
    words = {key: value for key, value in schema.items() if key in ("description", "examples")}
    return {"anyOf": [short, full], **words}


def _sections(kind: type[Section]) -> list[type[Section]]:
    return [kind, *(item for child in kind.__subclasses__() for item in _sections(child))]


def _clean(value: Any) -> Any:
    """Drop what only says that a key may be absent: null alternatives and null defaults."""
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if not isinstance(value, dict):
        return value
    cleaned = {key: _clean(item) for key, item in value.items() if not (key == "default" and item is None)}
    options = cleaned.get("anyOf")
    if isinstance(options, list):
        kept = [item for item in options if item != {"type": "null"}]
        if len(kept) == 1:
            del cleaned["anyOf"]
            hint = kept[0].get("description")
            cleaned = {**kept[0], **{key: item for key, item in cleaned.items() if key != "title"}}
            if hint and hint != cleaned["description"]:
                cleaned["description"] += f" ({hint})"
    if isinstance(cleaned.get("title"), str) and "properties" not in cleaned:
        del cleaned["title"]
    return cast("dict[str, Any]", cleaned)
