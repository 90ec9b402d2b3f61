"""Files: size, names, docstrings, spelling, and nothing of the machine they were written on."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGE, ROOT, modules, name_of, tracked

MAXIMUM_LINES = 500
VAGUE_NAMES = {"utils.py", "util.py", "helpers.py", "helper.py", "misc.py", "common.py"}

# Written in two pieces, so that this file does not contain what it forbids.
MACHINE = [re.compile(first + second) for first, second in (("/wo", "rk/"), ("/ro", "ot/"), ("/ho", r"me/\w"))]
REGISTRY = [
    re.compile(first + second)
    for first, second in (("pypi", r"\.org"), ("python", "hosted"), ("registry", r"\.npm"), ("deb", r"\.debian"))
]

AMERICAN = re.compile(
    r"\b(behavior|labor|estrogen|center|fiber|analyze[ds]?|neighbor|modeling|modeled|tumor|hemoglobin|gray)\b", re.I
)
PROSE = [path for path in tracked() if path.suffix == ".md"]


@pytest.mark.parametrize("path", [path for path in tracked() if path.suffix == ".py"], ids=name_of)
def test_python_files_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAXIMUM_LINES


def test_no_file_has_a_vague_name() -> None:
    assert [name_of(path) for path in tracked() if path.name in VAGUE_NAMES] == []


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_modules_say_what_they_are(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree) or path.name == "__init__.py", "the module has no docstring"


def test_no_paths_of_a_machine_and_no_registry_hosts() -> None:
    found = [
        f"{name_of(path)}: {pattern.pattern}"
        for path in tracked()
        for pattern in (*MACHINE, *REGISTRY)
        if pattern.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


@pytest.mark.parametrize("path", PROSE, ids=name_of)
def test_prose_is_in_british_spelling(path: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`|https?://\S+|DOI \S+", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert AMERICAN.findall(text) == []


def test_every_room_has_a_component_and_a_page() -> None:
    from knuffel.body import plan

    missing = []
    for room in plan.ROOMS:
        for model in plan.models(room):
            module = plan.component_class(room, model).__module__
            folder = PACKAGE / Path(*module.split(".")[1:])
            folder = folder if folder.is_dir() else folder.parent
            wanted = [folder / name for name in ("component.py", "README.md")]
            missing += [f"{room}/{model}: {name_of(path)}" for path in wanted if not path.exists()]
    assert missing == []


def test_the_wheel_carries_the_data() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    data = [path for path in PACKAGE.rglob("*") if path.suffix in {".toml", ".yaml", ".csv", ".html", ".md", ".j2"}]
    assert data
    assert not any(line.strip("/*") in {path.suffix for path in data} for line in ignored)
    assert {path for path in data if path not in set(tracked()) and path.suffix != ".j2"} == set()
