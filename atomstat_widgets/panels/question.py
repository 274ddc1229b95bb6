"""A question about a panel, whose answer is measured against the truth of the sample."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import ipywidgets

from atomstat_widgets.panels.panel import Panel
from atomstat_widgets.panels.style import style_sheet
from atomstat_widgets.reactive.failures import in_words
from atomstat_widgets.views.html import alert


class Question(ipywidgets.VBox):
    """Choices of settings, of which one comes closest to the truth.

    Nothing knows the right answer beforehand: each choice is analysed, with what else the panel was set to when the
    question was made, and what comes out is compared with the truth. Then the panel shows what was chosen, and the
    truth.

    Parameters
    ----------
    panel : Panel
        Shows a sample whose truth is known.
    text : str
        The question.
    choices : mapping of str to mapping
        Parameters of the panel's model, by what the choice is called.
    score : callable
        Gives a number to a result; where it raises a ValueError, that choice is wrong, for the reason it says.
    measure : str
        What the number is, with its unit.
    highest : bool
        Whether the highest number is best, otherwise the lowest.
    because : str
        Explanation that is shown with the answer.

    Attributes
    ----------
    scores : dict of str to float or None
        Number of each choice, once they were compared; None where there is none.
    panel : Panel
        As given.
    """

    def __init__(
        self,
        panel: Panel,
        text: str,
        choices: Mapping[str, Mapping[str, Any]],
        score: Callable[[Any], float],
        measure: str,
        *,
        highest: bool = True,
        because: str = "",
    ) -> None:
        self.panel = panel
        self.choices, self._score, self._measure = dict(choices), score, measure
        self._highest, self._because = highest, because
        self._preset = panel.model.parameters()
        self.scores: dict[str, float | None] = {}
        self._reasons: dict[str, str] = {}
        self.answers = ipywidgets.RadioButtons(
            options=list(choices), value=None, layout=ipywidgets.Layout(width="auto"),
            tooltip="Your answer",
        )  # fmt: skip
        self.check_button = ipywidgets.Button(
            description="Check the answer", icon="check", disabled=True, tooltip="Choose an answer first",
            layout=ipywidgets.Layout(width="160px"),
        )  # fmt: skip
        self.verdict = ipywidgets.HTML()
        super().__init__(
            [style_sheet(), ipywidgets.HTML(f"<h4>Question</h4><p>{escape(text)}</p>"), self.answers, self.check_button,
             self.verdict]
        )  # fmt: skip
        self.add_class("atomstat")
        self.add_class("atomstat-question")
        self.answers.observe(lambda change: self._offer_check(), "value")
        self.check_button.on_click(lambda _button: self.check())

    def answer(self, choice: str) -> None:
        """Choose an answer, as a click on it does."""
        self.answers.value = choice

    def check(self) -> None:
        """Compare all choices with the truth, say which was best, and show what was chosen beside the truth."""
        try:
            self._score_choices()
            self._say_verdict()
            with self.panel.model.one_run():
                for name, value in self.choices[self.answers.value].items():
                    setattr(self.panel.model, name, value)
            self.panel.truth_shown = True
        except Exception as error:  # words on the page, whatever it was
            self.verdict.value = alert(f"{in_words(error)}.")

    @property
    def best(self) -> str:
        """The choice that comes closest to the truth, once they were compared."""
        known = {choice: score for choice, score in self.scores.items() if score is not None}
        return (max if self._highest else min)(known, key=lambda choice: known[choice])

    def _offer_check(self) -> None:
        self.check_button.disabled = self.answers.value is None
        self.check_button.tooltip = "Analyse the sample with every answer, and compare with the truth"

    def _score_choices(self) -> None:
        """Analyse the sample with each choice, the first time that the answer is checked."""
        model = self.panel.model
        for choice in [choice for choice in self.choices if choice not in self.scores]:
            self.verdict.value = f'<p role="status">Analysing the sample with {escape(choice)}…</p>'
            parameters = {**self._preset, **self.choices[choice]}
            result = type(model).analyse(parameters.pop(model.kind), **parameters)
            try:
                self.scores[choice] = float(self._score(result))
            except ValueError as error:
                self.scores[choice], self._reasons[choice] = None, str(error)

    def _say_verdict(self) -> None:
        own, best = self.answers.value, self.best
        verdict = f"Right: {best}." if own == best else f"Not quite. Closest to the truth: {best}."
        rows = "".join(
            f'<tr class="{"is-best" if choice == best else ""}"><td>{escape(choice)}</td>'
            f"<td>{escape(self._reasons[choice]) if score is None else f'{round(score, 2) + 0.0:.2f}'}</td>"
            f"<td>{'your answer' if choice == own else ''}</td></tr>"
            for choice, score in self.scores.items()
        )
        self.verdict.value = (
            f'<div role="status"><p><b>{escape(verdict)}</b> {escape(self._because)}</p>'
            f"<table><tr><th>Answer</th><th>{escape(self._measure)}</th><th></th></tr>{rows}</table></div>"
        )
