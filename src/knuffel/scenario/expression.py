"""Formulas in a scenario: a small language of numbers and t (seconds), read without evaluating any Python code."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable
from math import isfinite, pi
from typing import TYPE_CHECKING, Any

from knuffel.errors import Problem, ScenarioError, nearest

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["FUNCTIONS", "compile_expression"]

MAX_LENGTH = 500
MAX_NODES = 200
MAX_DEPTH = 30
MAX_EXPONENT = 10

FUNCTIONS: dict[str, tuple[str, int]] = {
    "exp": ("exp", 1),
    "log": ("log", 1),
    "sqrt": ("sqrt", 1),
    "sin": ("sin", 1),
    "cos": ("cos", 1),
    "abs": ("abs", 1),
    "minimum": ("minimum", 2),
    "maximum": ("maximum", 2),
    "where": ("where", 3),
}
"""Name in a formula -> (numpy function, number of arguments)."""

_CONSTANTS = {"pi": pi}
_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "power",
}
_COMPARISONS: dict[type[ast.AST], str] = {
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
}
_ALLOWED = f"numbers, t (seconds), pi, + - * / **, {', '.join(FUNCTIONS)}; comparisons inside where()"

Compiled = Callable[["Floats"], Any]


def compile_expression(text: str) -> Callable[[Floats], Floats]:
    """Return the function of time that a formula describes: float64 seconds of any shape to float64 of that shape.

    Raises `ScenarioError` for anything but the allowed numbers, names, operators and functions.

    >>> import numpy as np
    >>> compile_expression("1 + 2 * t")(np.array([0.0, 3.0]))
    array([1., 7.])
    """
    import numpy as np

    if len(text) > MAX_LENGTH:
        raise _refusal("the formula is too long", found=f"{len(text)} characters", allowed=f"at most {MAX_LENGTH}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise _refusal("this is not a formula", found=repr(text), allowed=_ALLOWED) from None
    if sum(1 for _ in ast.walk(tree)) > MAX_NODES:
        raise _refusal("the formula has too many parts", allowed=f"at most {MAX_NODES}")
    inner = _compile(tree, 0)

    def function(t: Floats) -> Floats:
        seconds = np.asarray(t, dtype=np.float64)
        with np.errstate(all="ignore"):
            return np.broadcast_to(np.asarray(inner(seconds), dtype=np.float64), seconds.shape).copy()

    return function


def _refusal(message: str, *, found: str | None = None, allowed: str | None = None, near: str = "") -> ScenarioError:
    suggestion = nearest(near, [*FUNCTIONS, *_CONSTANTS]) if near else None
    return ScenarioError([Problem(message, found=found, allowed=allowed, suggestion=suggestion)])


def _compile(node: ast.AST, depth: int) -> Compiled:
    if depth > MAX_DEPTH:
        raise _refusal("the formula is nested too deeply", allowed=f"at most {MAX_DEPTH} levels")
    if isinstance(node, ast.Constant):
        return _constant(node)
    if isinstance(node, ast.Name):
        return _name(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        operand = _compile(node.operand, depth + 1)
        return operand if isinstance(node.op, ast.UAdd) else lambda t: -operand(t)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _binary(node, depth)
    if isinstance(node, ast.Call):
        return _call(node, depth)
    if isinstance(node, ast.Compare):
        raise _refusal("a comparison stands outside where()", found=repr(ast.unparse(node)[:60]), allowed=_ALLOWED)
    raise _refusal("this is not allowed in a formula", found=repr(ast.unparse(node)[:60]), allowed=_ALLOWED)


def _constant(node: ast.Constant) -> Compiled:
    if isinstance(node.value, bool) or not isinstance(node.value, int | float):
        raise _refusal("this is not a number", found=repr(node.value)[:60], allowed=_ALLOWED)
    try:
        value = float(node.value)
    except OverflowError:
        value = float("inf")
    if not isfinite(value):
        raise _refusal("the number is not finite", allowed=_ALLOWED)
    return lambda t: value


def _name(name: str) -> Compiled:
    if name == "t":
        return lambda t: t
    if name in _CONSTANTS:
        value = _CONSTANTS[name]
        return lambda t: value
    raise _refusal(f"unknown name {name[:40]!r}", allowed=_ALLOWED, near=name)


def _binary(node: ast.BinOp, depth: int) -> Compiled:
    import numpy as np

    left, right = _compile(node.left, depth + 1), _compile(node.right, depth + 1)
    if isinstance(node.op, ast.Pow):
        exponent = node.right.operand if isinstance(node.right, ast.UnaryOp) else node.right
        value = exponent.value if isinstance(exponent, ast.Constant) else None
        if not isinstance(value, int | float) or abs(value) > MAX_EXPONENT:
            raise _refusal(
                "an exponent has to be a number",
                found=repr(ast.unparse(node.right)[:60]),
                allowed=f"-{MAX_EXPONENT} to {MAX_EXPONENT}",
            )
    operator = getattr(np, _OPERATORS[type(node.op)])
    # Floats throughout: integers would wrap around or refuse negative exponents.
    return lambda t: operator(np.float64(1) * left(t), np.float64(1) * right(t))


def _call(node: ast.Call, depth: int) -> Compiled:
    import numpy as np

    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in FUNCTIONS:
        shown = ast.unparse(node.func)[:40]
        raise _refusal(f"unknown function {shown!r}", allowed=", ".join(FUNCTIONS), near=name)
    numpy_name, count = FUNCTIONS[name]
    if node.keywords or len(node.args) != count or any(isinstance(item, ast.Starred) for item in node.args):
        raise _refusal(f"{name}() takes {count} value{'s' if count > 1 else ''}", found=repr(ast.unparse(node)[:60]))
    first = _comparison(node.args[0], depth + 1) if name == "where" else _compile(node.args[0], depth + 1)
    arguments = [first, *(_compile(item, depth + 1) for item in node.args[1:])]
    function = getattr(np, numpy_name)
    return lambda t: function(*(argument(t) for argument in arguments))


def _comparison(node: ast.AST, depth: int) -> Compiled:
    import numpy as np

    if not isinstance(node, ast.Compare) or len(node.ops) != 1 or type(node.ops[0]) not in _COMPARISONS:
        raise _refusal(
            "where() begins with a comparison",
            found=repr(ast.unparse(node)[:60]),
            allowed="a < b, a <= b, a > b, a >= b",
        )
    left, right = _compile(node.left, depth + 1), _compile(node.comparators[0], depth + 1)
    operator = getattr(np, _COMPARISONS[type(node.ops[0])])
    return lambda t: operator(left(t), right(t))
