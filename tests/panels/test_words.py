"""A method's own words are all that the page says of what it finds."""

import re

import ipywidgets
import pytest

from atomstat_widgets import DomainsPanel, UnmixingPanel
from atomstat_widgets.data import cubes, samples

IMAGE, CUBE = samples.graphene(shape=(160, 160)), cubes.oxides(shape=(20, 24), channels=60)
OTHERS = re.compile("component|loading|abundance", re.IGNORECASE)
# What classes are told apart by, and a choice that other methods have.
OF_OTHERS = re.compile(r"(first )?principal components?|Abundances (sum to 1|of each pixel)")


def words_on(widget):
    """All that a widget and those in it say: labels, tooltips, titles, axes of figures."""
    for name in ("description", "tooltip", "label"):
        yield getattr(widget, name, None) or ""
    if isinstance(widget, ipywidgets.HTML) and not widget.value.startswith("<style>"):
        yield widget.value
    yield from getattr(widget, "tooltips", None) or ()
    parts = [*getattr(widget, "children", ()), *getattr(widget, "axes", ()), *getattr(widget, "marks", ())]
    for part in parts:
        yield from words_on(part)


@pytest.mark.parametrize(("kind", "data"), [(DomainsPanel, IMAGE), (UnmixingPanel, CUBE)])
def test_gmm_has_classes_means_and_probabilities(kind, data):
    panel = kind(data, method="GMM", n_components=2)
    said = set()
    for _, overlay in panel.overlay.options:
        panel.overlay.value = overlay
        said |= {OF_OTHERS.sub("", words) for words in words_on(panel)}
    method = panel.controls.method
    said -= {OF_OTHERS.sub("", words) for words in method.tooltips}
    said -= {"4 components"}  # on which the mixture is fitted
    assert [words for words in said if OTHERS.search(words)] == []
    together = " ".join(said).lower()
    assert all(word in together for word in ("classes", "class mean", "probabilit"))
    assert panel.model.error == ""
