"""Questions are answered by what comes of the choices, not by what somebody wrote down."""

import pytest

from atomstat_widgets import Question, SlidingFFTPanel, samples

CHOICES = {f"{side} px": {"window_y": side, "window_x": side} for side in (12, 40)}


@pytest.fixture
def panel():
    return SlidingFFTPanel(samples.grains(shape=(160, 160)), n_components=3, step=8)


def ask(panel, choices=CHOICES, score=lambda result: result.agreement(), **options):
    return Question(panel, "Which is <best>?", choices, score, "agreement", because="So & so.", **options)


def test_there_is_no_check_before_an_answer(panel):
    question = ask(panel)
    assert question.answers.value is None
    assert question.check_button.disabled
    question.answer("12 px")
    assert not question.check_button.disabled


@pytest.mark.parametrize(("own", "verdict"), [("40 px", "Right: 40 px."), ("12 px", "Closest to the truth: 40 px.")])
def test_the_best_is_what_agrees_best(panel, own, verdict):
    question = ask(panel)
    question.answer(own)
    question.check_button.click()
    separate = {
        name: SlidingFFTPanel(panel.model.image, n_components=3, step=8, **parameters).model.result.agreement()
        for name, parameters in CHOICES.items()
    }
    assert question.scores == separate
    assert question.best == max(separate, key=separate.get) == "40 px"
    assert verdict in question.verdict.value
    assert "So &amp; so." in question.verdict.value
    # The panel shows what was chosen, and the truth.
    side = int(own.split()[0])
    assert panel.model.result.spectra.grid.window == (side, side)
    assert panel.truth_shown
    assert "adjusted Rand index" in panel.truth_score.value


def test_the_lowest_can_be_best(panel):
    question = ask(panel, highest=False)
    question.answer("12 px")
    question.check()
    assert question.best == "12 px"


def test_what_the_student_does_meanwhile_changes_no_answer(panel):
    question = ask(panel)
    panel.model.n_components = 7
    question.answer("40 px")
    question.check()
    assert question.scores["40 px"] > 0.9
    assert panel.model.n_components == 7


def test_a_choice_without_a_score_says_why_and_is_not_best(panel):
    def score(result):
        if result.spectra.grid.window == (40, 40):
            raise ValueError("too <large>")
        return result.agreement()

    question = ask(panel, score=score)
    question.answer("40 px")
    question.check()
    assert question.scores["40 px"] is None
    assert question.best == "12 px"
    assert "too &lt;large&gt;" in question.verdict.value


def test_what_cannot_be_analysed_is_said_in_words(panel):
    question = ask(panel, {"1 px": {"window_y": 1, "window_x": 1}, "900 px": {"window_y": 900}})
    question.answer("1 px")
    question.check()
    assert 'role="alert"' in question.verdict.value
    assert "Traceback" not in question.verdict.value


def test_no_truth_is_shown_where_none_is_known():
    panel = SlidingFFTPanel(samples.grains(shape=(160, 160)).array)
    panel.truth_shown = True
    assert not panel.truth_shown
