"""What the trajectories panel says of its transitions beside the matrix: intervals, curves, words, hatching."""

import numpy as np
import pytest

from atomstat_widgets.analyses.trajectories.chain_checks import in_words
from atomstat_widgets.analyses.trajectories.panel import TrajectoriesPanel
from atomstat_widgets.data import movies
from atomstat_widgets.views.lag_curves import LagCurves
from atomstat_widgets.views.strip import HATCH, StateStrip, _hatched


@pytest.fixture(scope="module")
def panel():
    return TrajectoriesPanel(movies.hopping_dopants(frames=40, shape=(112, 112), missing=1))


def test_intervals_stand_beside_shares_and_dwell_times(panel):
    result, table = panel.model.result, panel.chain.table.value
    (low, high), (shortest, longest) = result.matrix.stationary_interval(), result.matrix.dwell_interval()
    for n in range(2):
        assert f"{result.matrix.stationary[n]:.0%} <small>({low[n]:.0%} to {high[n]:.0%})" in table
        assert f"{result.matrix.dwell_times[n]:.3g} <small>({shortest[n]:.3g} to {longest[n]:.3g})" in table


def test_curves_are_those_of_the_checks(panel):
    checks, chain = panel.model.checks, panel.chain
    np.testing.assert_array_equal(np.unique(chain.timescales.points.x), checks.timescales.lags[
        np.isfinite(checks.timescales.values[:, 0])])  # fmt: skip
    np.testing.assert_allclose(
        chain.predictions.curves.y, np.diagonal(checks.predictions.predicted, axis1=1, axis2=2).T
    )
    assert chain.timescales.bound.visible
    assert not chain.predictions.bound.visible
    assert chain.advice.advised.visible
    assert "advice: 2" in chain.advice_title.value
    assert "is-stale" not in chain.timescales.figure._dom_classes
    chain.show_checks(None)
    assert "is-stale" in chain.timescales.figure._dom_classes
    chain.show_checks(checks)


def test_a_click_takes_a_number_of_states_and_words_follow(panel):
    panel.choose_count(3)
    assert panel.model.n_states == 3
    assert "less than 90% certain" in panel.chain.words.value
    panel.choose_count(2)
    panel.model.lag = 30
    assert "a lag of 30 frames" in panel.chain.words.value
    panel.model.lag = 100
    assert "No track has two points 100 frames apart" in panel.chain.words.value
    assert panel.model.error == ""
    panel.model.lag = 1
    assert "⚠" not in panel.chain.words.value


def test_times_without_an_end_are_said_in_words():
    assert in_words(5.0, 4.0, 7.25) == "5 <small>(4 to 7.25)</small>"
    assert in_words(np.inf, 12.0, np.inf) == "never seen; more than 12"
    assert in_words(20.0, 4.0, 900.0) == "20 <small>(more than 4)</small>"


def test_curves_show_what_is_a_number():
    view, nan = LagCurves(160, 170, "time"), np.nan
    lags = np.array([1, 2, 5])
    values, low = np.array([[4.0, nan, 6.0], [nan] * 3]), np.array([[3.0, 0.0, 2.0], [0.0] * 3])
    view.show(lags, ["red", "blue"], values, (low, np.array([[5.0, 9.0, np.inf], [3.0] * 3])), curves=values)
    assert view.points.x.tolist() == [1, 5]
    assert view.points.colors == ["red", "red"]
    assert np.squeeze(view.curves.y).tolist() == [4, 6, 6]
    assert view.bars.y[0].tolist() == [3, 5]
    assert view.bars.y[1].tolist() == [2, view.scales["y"].max]  # no farther than the axis
    view.show(lags[:1], ["red"], np.array([[nan]]), (np.zeros((1, 1)), np.ones((1, 1))), curves=np.array([[nan]]))
    assert [view.points.visible, view.curves.visible, view.bars.visible] == [False] * 3
    view.show(lags[:1], ["red"], np.array([[2.0]]), (np.ones((1, 1)), np.full((1, 1), 3.0)), curves=np.array([[2.0]]))
    assert view.curves.visible
    assert view.scales["y"].max > 2
    view.show(lags, [], np.empty((0, 3)), (np.empty((0, 3)), np.empty((0, 3))), curves=np.empty((0, 3)))
    assert not view.curves.visible


def test_doubtful_states_are_hatched():
    picture = _hatched(np.array([[3, 4]], np.uint8), np.array([[False, True]]))
    assert picture.shape == (HATCH, 2 * HATCH)
    assert (picture[:, :HATCH] == 3).all()
    assert np.mean(picture[:, HATCH:] == 0) == 0.5
    strip = StateStrip(300, 100, lambda row, time: None)
    plain = np.array([[0, 1], [1, 0]])
    strip.show(plain, 0, np.zeros((2, 2), bool))
    before = strip.picture.mark.image.value
    strip.show(plain, 0, np.eye(2, dtype=bool))
    assert strip.picture.mark.image.value != before
