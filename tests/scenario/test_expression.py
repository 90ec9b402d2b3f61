"""The formulas of prescribed outputs: what they compute, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knuffel.errors import ScenarioError
from knuffel.scenario.expression import compile_expression

T = np.array([0.0, 1.0, 100.0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", [3, 3, 3]),
        ("t", [0, 1, 100]),
        ("-t + 2*3 - 1", [5, 4, -95]),
        ("2**-1", [0.5, 0.5, 0.5]),
        ("t**2/4", [0, 0.25, 2500]),
        ("where(t < 50, 1, t)", [1, 1, 100]),
        ("maximum(minimum(t, 2), 1)", [1, 1, 2]),
        ("cos(0*t) + sin(pi/2) + abs(-1) + sqrt(4) + log(exp(1))", [6, 6, 6]),
        ("1.9 + 3*exp(-t/600)", 1.9 + 3 * np.exp(-T / 600)),
    ],
)
def test_values(text: str, expected: list[float]) -> None:
    result = compile_expression(text)(T)
    assert result.dtype == np.float64
    np.testing.assert_allclose(result, expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 +",
        "x",
        "t.real",
        "t[0]",
        "open('x')",
        "__import__('os')",
        "(lambda: 1)()",
        "[t for t in (1,)]",
        "t if t else 1",
        "t < 3",
        "where(t, 1, 2)",
        "where(1 < t < 3, 1, 2)",
        "exp()",
        "exp(t, 1)",
        "exp(x=1)",
        "exp(*t)",
        "2**t",
        "2**99",
        "t**1e3",
        "'a'",
        "True",
        "1j",
        "9" * 400,
        "1e999",
        "1; 2",
        "t" * 501,
        "(" * 100 + "t" + ")" * 100 + "+",
        "-" * 60 + "t",
        "+".join(["t"] * 150),
        "t := 3",
        "f'{t}'",
        "~t",
        "t // 2",
        "t % 2",
        "t @ t",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(ScenarioError):
        compile_expression(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="t0123456789.+-*/()<>=, expwhrlogsqabnmdi_'[]{}\\\n", max_size=60))
def test_nothing_but_a_scenario_error_escapes(text: str) -> None:
    try:
        function = compile_expression(text)
    except ScenarioError:
        return
    assert function(T).shape == T.shape
