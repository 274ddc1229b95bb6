"""Bad values of every trait are refused in words, or a run fails in words; nothing is lost, and the next one works."""

import numpy as np
import pytest
from traitlets import TraitError

from atomstat_widgets.analyses.domains.model import DomainsModel
from atomstat_widgets.analyses.sliding_fft.model import SlidingFFTModel
from atomstat_widgets.analyses.strain.model import StrainModel
from atomstat_widgets.analyses.trajectories.model import TrajectoriesModel
from atomstat_widgets.analyses.unmixing.model import UnmixingModel
from atomstat_widgets.data import cubes, movies, samples
from atomstat_widgets.data.mask import Mask

MODELS = {
    SlidingFFTModel: (lambda: samples.grains(shape=(96, 96)), {"n_components": 2}),
    DomainsModel: (lambda: samples.graphene(shape=(96, 96)), {"n_components": 2}),
    StrainModel: (lambda: samples.strained(shape=(96, 96)), {"sigma": 14.0}),
    TrajectoriesModel: (lambda: movies.hopping_dopants(frames=12, shape=(96, 96)), {"n_states": 1}),
    UnmixingModel: (lambda: cubes.oxides(shape=(8, 9), channels=20), {"n_components": 2}),
}
BAD = [
    None, True, 0, -1, 10**30, 0.5, -0.0, np.nan, np.inf, -np.inf, 1e-300, 1j, "", "x", "nan nm", "1e400 px", "0 px",
    "PCA\0", b"1", (), (1,), (1, 2), (0, 1e9), (-1, 5), (np.nan, 0), ("a", "b"), [1, 2, 3], {}, {"a": 1}, {1: "b"},
    {1, 2}, object(), int, np.int64(-3), np.float32(np.nan), np.array(1), np.zeros(3), np.zeros((8, 9)),
    np.zeros((8, 9), bool), np.ones((9, 8), bool), np.full((8, 9, 20), np.nan), Mask(np.ones((3, 3), bool)), Mask(None),
]  # fmt: skip


@pytest.fixture(scope="module", params=MODELS, ids=lambda kind: kind.__name__)
def model(request):
    data, other = MODELS[request.param]
    model = request.param(data(), advise=False)
    model.other = other
    return model


def refusal(model, name, value):
    """Words by which a value is refused, None where it is taken."""
    try:
        setattr(model, name, value)
    except (TraitError, ValueError, TypeError) as error:
        return str(error)
    return None


@pytest.mark.parametrize("bad", BAD, ids=lambda value: f"{type(value).__name__} {str(value)[:20]!r}")
def test_bad_values_of_every_trait(model, bad):
    for name in model.trait_names():
        before, result = model.parameters(), model.result
        old = getattr(model, name)
        if (words := refusal(model, name, bad)) is not None:
            assert words
            assert model.parameters() == before
            assert (model.result, model.error) == (result, "")
            continue
        assert "Unexpected" not in model.error, (name, model.error)
        if name not in before:
            model.request()
            assert (model.error, type(model.result)) == ("", type(result)), name
            continue
        assert model.result is not None
        setattr(model, name, old)
        if name == model.kind:
            model.restore(before)
        assert model.error == "", name
        assert model.parameters() == before
    for name, value in model.other.items():  # the next run works
        old = getattr(model, name)
        setattr(model, name, value)
        assert model.result.parameters[name] == value
        assert not model.stale
        setattr(model, name, old)
