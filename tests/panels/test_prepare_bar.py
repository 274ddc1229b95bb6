"""The bar that says what was removed from an image before its analysis."""

import numpy as np
import pytest

from atomstat_widgets import DomainsPanel, SlidingFFTPanel, samples
from atomstat_widgets.panels.prepare_bar import PrepareBar


def bar_of(panel):
    return next(one for one in panel.children if isinstance(one, PrepareBar))


@pytest.mark.parametrize("make", [SlidingFFTPanel, DomainsPanel])
def test_what_was_removed_is_seen(make):
    image = np.asarray(samples.graphene(shape=(160, 160)).array) + 5 * np.arange(160) / 160
    image[:8] = -9
    panel = make(image)
    bar = bar_of(panel)
    assert bar.layout.display == "none"
    assert "A background of " in panel.status.text.value
    bar.switch.value = True
    assert bar.layout.display is None
    assert "8 rows at the top" in panel.status.text.value
    assert [name for name, one in bar.pictures.items() if one.shown] == ["background", "border"]
    assert all(one.picture.value[:4] == b"\x89PNG" for one in bar.pictures.values() if one.shown)
    bar.choices["background"].value = "off"
    assert panel.model.background is False
    assert [name for name, one in bar.pictures.items() if one.shown] == ["border"]
    panel.model.border = False
    assert bar.choices["border"].value == "off"
    assert bar.words.value == "Nothing had to be removed."
    bar.choices["line_jitter"].value = "on"
    assert [name for name, one in bar.pictures.items() if one.shown] == ["line_jitter"]


def test_dark_atoms_have_a_choice_and_a_check_mark():
    panel = DomainsPanel(-np.asarray(samples.graphene(shape=(160, 160)).array))
    bar, mark = bar_of(panel), panel.controls.dark
    assert "Atoms are dark: the image was negated." in panel.status.text.value
    assert (bar.choices["dark"].value, mark.value, panel.model.dark) == ("auto", True, None)
    bar.switch.value = True
    assert (bar.words.value, [name for name, one in bar.pictures.items() if one.shown]) == ("", [])
    mark.value = False
    assert (bar.choices["dark"].value, panel.model.dark) == ("off", False)
    bar.choices["dark"].value = "auto"
    assert (mark.value, panel.model.dark) == (True, None)
    panel.model.image = samples.graphene(shape=(160, 160))
    assert (mark.value, panel.model.dark) == (False, None)
    assert "dark" not in bar_of(SlidingFFTPanel(samples.graphene(shape=(96, 96)))).choices
