"""Numbers of physiology stand in the evidence, not in Python.

In every file of a room:

- a float may be 0, 1, 2, 0.5 or a power of ten (units), with either sign;
- a quotient of two written integers is a float in disguise and follows the same rule;
- an integer inside a function counts or indexes something: below 100, or a power of ten or of two, or a bit mask. At
  the top of a module or a class any integer may be given a name (block sizes, periods in ms, constants of the random
  generator): there a reader sees it and asks what it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from math import isclose, log10
from pathlib import Path

import pytest

import knuffel.body

BODY = Path(knuffel.body.__file__).parent
FILES = sorted(path for path in BODY.rglob("*.py") if path.parent != BODY)
STRUCTURAL = 100


def is_allowed(value: float) -> bool:
    size = abs(value)
    return size in (0, 1, 2, 0.5) or isclose(log10(size), round(log10(size)), abs_tol=1e-12)


def is_countable(value: int) -> bool:
    size = abs(value)
    return size < STRUCTURAL or is_allowed(size) or size & (size - 1) == 0 or size & (size + 1) == 0


def written(node: ast.expr) -> float | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = written(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return float(node.value)  # type: ignore[arg-type]
    return None


def forbidden(tree: ast.AST, *, inside: bool = False) -> Iterator[tuple[int, object]]:
    """Yield line and value of every number that belongs in the evidence."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Constant):
            physical = type(node.value) is float and not is_allowed(node.value)
            uncounted = type(node.value) is int and inside and not is_countable(node.value)
            if physical or uncounted:
                yield node.lineno, node.value
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            above, below = written(node.left), written(node.right)
            if above is not None and below and not is_allowed(above / below):
                yield node.lineno, f"{above:g} / {below:g}"
        within = inside or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        yield from forbidden(node, inside=within)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(BODY).as_posix())
def test_no_numbers_of_physiology(path: Path) -> None:
    found = [f"line {line}: {value}" for line, value in forbidden(ast.parse(path.read_text(encoding="utf-8")))]
    assert found == [], "move these numbers to evidence/parameters"


@pytest.mark.parametrize(
    "code",
    [
        "x = 0.3",
        "x = -1.71",
        "def f():\n    return 350",
        "x = 2 / 5",
        "f = lambda: 1118",
        "def f(tau=3.5): ...",
        "x = 0.02e3",
    ],
)
def test_a_number_is_found(code: str) -> None:
    assert list(forbidden(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "x = 0.5 * y + 1.0 - 2.0",
        "x = -1",
        "x = 1e-6",
        "x = 1000.0",
        "WIDTH = 250",
        "def f(x):\n    return x[3] & 0xFFFFFFFF",
        "x = 1 / 2",
        "class A:\n    warm_up = 300_000",
        "text = '3.7 mV'",
        "flag = True",
    ],
)
def test_structure_is_allowed(code: str) -> None:
    assert list(forbidden(ast.parse(code))) == []
