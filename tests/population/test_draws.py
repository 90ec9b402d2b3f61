"""Normal numbers by seed, purpose and place; distributions that are cut off without a second draw."""

from __future__ import annotations

import numpy as np
import pytest

from knuffel.engine.random import Streams
from knuffel.errors import DataError, ParameterError
from knuffel.evidence.spread import log_sd, spread_of
from knuffel.population.distributions import Distribution, lognormal_factor
from knuffel.population.draws import cholesky, correlated_normals, groups

MANY = np.arange(20_000)
# Four standard errors of a mean, a variance or a correlation of so many numbers.
CLOSE = 4 * np.sqrt(2 / len(MANY))
PAIRS = (("a.x", "a.y", 0.4), ("a.y", "b.z", -0.3))


def normals(names, pairs=PAIRS, index=MANY, seed=1):
    return correlated_normals(names, pairs, Streams(seed), index)


def test_numbers_are_standard_normal_and_correlated_as_asked():
    found = normals(["a.x", "a.y", "b.z", "c.w"])
    for values in found.values():
        assert abs(values.mean()) < CLOSE
        assert abs(values.var() - 1) < CLOSE
    matrix = np.corrcoef([found[name] for name in ("a.x", "a.y", "b.z", "c.w")])
    wanted = {(0, 1): 0.4, (1, 2): -0.3, (0, 2): 0.0, (0, 3): 0.0, (1, 3): 0.0, (2, 3): 0.0}
    for place, r in wanted.items():
        assert abs(matrix[place] - r) < CLOSE


def test_a_number_depends_on_seed_purpose_and_place_alone():
    every = normals(["a.x", "a.y", "b.z", "c.w"], index=np.arange(500))
    for index in (np.array([17]), np.array([3, 17, 499]), np.arange(18)):
        alone = normals(["a.y"], index=index)["a.y"]
        assert alone.tobytes() == every["a.y"][index].tobytes()
    assert not np.array_equal(normals(["a.x"], seed=2)["a.x"], normals(["a.x"])["a.x"])


def test_the_order_of_names_and_pairs_changes_nothing():
    forth = normals(["a.x", "a.y", "b.z"])
    back = normals(["b.z", "a.y", "a.x"], pairs=PAIRS[::-1])
    assert all(np.array_equal(forth[name], back[name]) for name in forth)


def test_groups_and_impossible_correlations():
    assert groups([("a", "b", 0.1), ("c", "d", 0.1), ("b", "c", 0.1), ("x", "y", 0.1)]) == [
        ("a", "b", "c", "d"),
        ("x", "y"),
    ]
    with pytest.raises(ParameterError, match="contradict"):
        cholesky(("a", "b", "c"), [("a", "b", 0.9), ("b", "c", 0.9), ("a", "c", -0.9)])


@pytest.mark.parametrize("cv", [0.2, 0.35, 0.9, 3.74])
def test_a_lognormal_factor_has_median_1_and_its_coefficient_of_variation(cv):
    factor = lognormal_factor(normals(["c.w"])["c.w"], log_sd(cv), 7.0)
    log = np.log(factor)
    assert np.median(factor) == pytest.approx(1, abs=4 * 1.2533 * log_sd(cv) / np.sqrt(len(MANY)))
    assert np.sqrt(np.exp(log.var()) - 1) == pytest.approx(cv, rel=6 * CLOSE)


def test_a_limit_cuts_off_and_keeps_the_order_of_subjects():
    normal = normals(["c.w"])["c.w"]
    free = 0.8 * lognormal_factor(normal, log_sd(0.25), 0.8)
    cut = 0.8 * lognormal_factor(normal, log_sd(0.25), 0.8, 0.0, 1.0)
    assert (free > 1).mean() > 0.1
    assert cut.max() <= 1
    assert np.unique(cut).size == len(cut)  # nothing piles up at the limit
    assert np.array_equal(np.argsort(free), np.argsort(cut))
    # The distribution below the limit is the lognormal one, conditioned on being there.
    below = free[free <= 1]
    for share in (0.1, 0.5, 0.9):
        assert np.quantile(cut, share) == pytest.approx(np.quantile(below, share), rel=0.01)


def test_distributions_of_covariates():
    normal = normals(["c.w"])["c.w"]
    weight = Distribution("lognormal", 70.0, 0.15, 40.0, 120.0).draw(normal, MANY)
    assert np.median(weight) == pytest.approx(70, rel=0.01)
    assert 40 <= weight.min() < weight.max() <= 120
    function = Distribution("normal", 0.6, 0.15, 0.0, 1.0).draw(normal, MANY)
    assert function.mean() == pytest.approx(0.6, abs=0.01)
    assert function.std() == pytest.approx(0.15, rel=0.03)
    assert 0 <= function.min() < function.max() <= 1
    week = Distribution("uniform", low=37.0, high=41.0).draw(normal, MANY)
    assert week.mean() == pytest.approx(39, abs=4 * 4 / np.sqrt(12 * len(MANY)))
    assert 37 <= week.min() < 37.01 < 40.99 < week.max() <= 41
    given = Distribution("values", values=(3.0, 1.0, 2.0))
    assert given.draw(normal[:2], np.array([2, 0])).tolist() == [2.0, 3.0]
    assert Distribution("normal", 0.6, 0.0).draw(normal, MANY).tolist() == [0.6] * len(MANY)
    assert Distribution("lognormal", 70.0, 0.0, 1.0, 99.0).draw(normal, MANY).tolist() == [70.0] * len(MANY)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"kind": "normal", "cv": 0.2}, "lognormal"),
        ({"kind": "lognormal"}, "needs one of"),
        ({"kind": "lognormal", "cv": 0.2, "sd_log": 0.2}, "needs one of"),
        ({"kind": "lognormal", "cv": -0.2}, "above zero"),
        ({"kind": "lognormal", "cv": 0.2, "at_most": 0}, "above zero"),
        ({"kind": "lognormal", "cv": 0.2, "share": ("a.b",)}, "share"),
        ({"kind": "lognormal", "cv": 0.2, "shared": "a.b"}, "list of parameter ids"),
    ],
)
def test_a_wrong_spread_table_is_refused(table, message):
    with pytest.raises(DataError, match=message):
        spread_of(table, "here")


def test_a_spread_table():
    assert spread_of({}, "here") is None
    found = spread_of({"kind": "lognormal", "sd_log": 0.3, "at_most": 1.0, "shared": ("a.b",)}, "here")
    assert found is not None
    assert (found.sd, found.at_most, found.shared) == (0.3, 1.0, ("a.b",))
