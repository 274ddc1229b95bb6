import gc
import weakref

import pytest
from ipywidgets.widgets.widget import _instances

from atomstat_widgets import (
    App,
    DomainsPanel,
    SlidingFFTPanel,
    TrajectoriesPanel,
    UnmixingPanel,
    cubes,
    movies,
    samples,
)

MAKERS = {
    "sliding FFT": lambda: SlidingFFTPanel(samples.grains(shape=(96, 96))),
    "domains": lambda: DomainsPanel(samples.graphene(shape=(96, 96))),
    "trajectories": lambda: TrajectoriesPanel(movies.hopping_dopants(frames=10)),
    "unmixing": lambda: UnmixingPanel(cubes.oxides(shape=(12, 12), channels=40)),
    "app": App,
}


@pytest.mark.parametrize("name", MAKERS)
def test_what_is_closed_is_forgotten(name):
    before = set(_instances)
    panel = MAKERS[name]()
    assert len(set(_instances) - before) > 300
    model = weakref.ref((panel.panel if name == "app" else panel).model)
    panel.close()
    panel.close()  # once more does nothing
    assert set(_instances) == before
    del panel
    gc.collect()
    assert model() is None


def test_what_is_open_stays():
    panel, other = MAKERS["sliding FFT"](), MAKERS["sliding FFT"]()
    held = set(_instances)
    other.model.n_components = 3
    panel.close()
    assert held - set(_instances)
    other.model.n_components = 4
    assert len(other.model.result.components) == 4
    assert other.comm is not None
    other.close()
