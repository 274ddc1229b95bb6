"""What parameters tell about themselves, and that nothing else has to know them."""

import argparse
import json
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
import pytest
from traitlets import Any as AnyTrait
from traitlets import Int, TraitError, Tuple, validate

from atomstat_widgets import batch
from atomstat_widgets.data import Image, samples
from atomstat_widgets.data.mask import Mask
from atomstat_widgets.panels.controls import choice, slider, switch
from atomstat_widgets.panels.history_bar import in_words
from atomstat_widgets.reactive import registry
from atomstat_widgets.reactive.model import AnalysisModel
from atomstat_widgets.reactive.parameter import Data, from_json, parameter, to_json
from atomstat_widgets.reactive.recipe import recipe_of
from atomstat_widgets.reactive.registry import Analysis, analyses
from atomstat_widgets.reactive.session import parameters_of, set_parameters


class OwnModel(AnalysisModel):
    """An analysis of another package, with parameters of types that are its own."""

    kind = "image"
    renamed: ClassVar = {"part": "share"}

    image = parameter(Data(), label="Image", help="The image")
    share = parameter(
        AnyTrait(Fraction(1, 2)), label="Share", help="How much of it, 50 % by default", argument={"metavar": "M/N"},
        to_json=str, from_json=Fraction,
    )  # fmt: skip
    box = parameter(
        Tuple(Int(), Int(), default_value=(0, 8)), label="Rows", help="First row and the one after the last", unit="px",
        option="rows", argument={"type": int, "nargs": 2, "metavar": ("FIRST", "END")},
    )  # fmt: skip
    columns = parameter(Int(8, min=1), label="Columns", help="How many columns")
    lines = parameter(Int(8, min=1), label="Lines", help="How many lines", follows="columns")
    secret = parameter(AnyTrait(None, allow_none=True), label="Secret", help="No option")

    def __init__(self, image: Any, **parameters: Any) -> None:
        super().__init__(image=image, **parameters)
        self.start()

    @validate("share")
    def _checked_share(self, proposal: Any) -> Fraction:
        if not isinstance(proposal["value"], Fraction):
            raise TraitError("share is a fraction")
        return proposal["value"]

    def compute(self, parameters, run):
        self.publish(OwnResult(parameters["image"], parameters))
        return "done"


@dataclass
class OwnResult:
    image: Image
    parameters: dict[str, Any]
    arrangement: tuple[int, ...] = field(default=())
    analysis = "own"


@pytest.fixture
def own(monkeypatch):
    record = Analysis(
        name="own", title="Own", kind="image", purpose="", sample="", model=f"{__name__}:OwnModel",
        panel=f"{__name__}:no_panel", figure=f"{__name__}:no_figure", numbers=f"{__name__}:no_numbers",
    )  # fmt: skip
    known = {**analyses(), "own": record}
    for module in (registry, batch):
        monkeypatch.setattr(module, "analyses", lambda: known)
    return record


@pytest.fixture(scope="module")
def grains():
    return samples.grains(shape=(64, 64))


@pytest.mark.parametrize("name", analyses())
def test_every_parameter_has_a_label_and_one_sentence_of_help(name):
    model = analyses()[name].load("model")
    traits = model.class_traits(parameter=True)
    assert set(traits) == {*analyses()[name].parameters, analyses()[name].kind}
    for trait in traits.values():
        assert trait.metadata["label"], trait.name
        assert trait.help[0].isupper(), trait.name
        assert not trait.help.endswith("."), trait.name
        assert trait.metadata["follows"] in ("", *traits)
        assert set(model.renamed) & set(traits) == set()
        assert set(model.renamed.values()) <= set(traits)


def test_to_json_and_back():
    traits = OwnModel.class_traits(parameter=True)
    assert to_json(traits["share"], Fraction(1, 3)) == "1/3"
    assert from_json(traits["share"], "1/3") == from_json(traits["share"], Fraction(1, 3)) == Fraction(1, 3)
    assert to_json(traits["box"], (np.int64(1), 2)) == [1, 2]
    assert to_json(traits["secret"], None) is from_json(traits["secret"], None) is None
    trait = analyses()["unmix"].parameters["mask"]
    used = np.arange(12).reshape(3, 4) % 5 > 0
    np.testing.assert_array_equal(from_json(trait, json.loads(json.dumps(to_json(trait, Mask(used))))), used)
    assert from_json(trait, used) is used
    assert str(Mask(used)) == "of 9 pixels"


def test_sessions_of_another_package(grains):
    model, other = OwnModel(grains, share="2/3", box=[1, 5]), OwnModel(grains)
    stored = json.loads(json.dumps(parameters_of(model)))
    assert stored == {"box": [1, 5], "columns": 8, "lines": 8, "secret": None, "share": "2/3"}
    assert set_parameters(other, stored) == []
    assert (other.share, other.box) == (Fraction(2, 3), (1, 5))
    assert set_parameters(other, {"share": "x", "part": "1/7"}) == []  # the later one counts, by whatever name
    assert set_parameters(other, {"share": "x"}) == ["share cannot be x, it is 1/7"]


def test_scripts_of_another_package(own, grains):
    result = OwnModel.analyse(grains, share=Fraction(2, 3))
    recipe = recipe_of(result)
    assert "    share='2/3',\n" in recipe.script()
    again = OwnModel.analyse(grains, **json.loads(json.dumps(recipe.parameters)))
    assert again.parameters == result.parameters


def test_the_command_line_of_another_package(own, grains, capsys):
    parser = argparse.ArgumentParser()
    batch.add_analyses(parser.add_subparsers(), "own")
    arguments = ["own", "a.npy", "--out", "o", "--share", "1/3", "--rows", "2", "6", "--columns", "4"]
    given = vars(parser.parse_args(arguments))
    assert [given[f"parameter {name}"] for name in ("share", "box", "columns")] == ["1/3", [2, 6], 4]
    assert vars(parser.parse_args([*arguments[:4], "--part", "1/4"]))["parameter part"] == "1/4"
    with pytest.raises(SystemExit):
        parser.parse_args(["own", "--help"])
    told = " ".join(capsys.readouterr().out.partition("parameters:")[2].split())
    assert told == (
        "--rows FIRST END First row and the one after the last (px) --columns N How many columns "
        "(from 1; default 8) --lines N How many lines (from 1; default 8) --share M/N How much of it, 50 % by default"
    )


def test_what_follows_another_parameter_on_the_command_line(own, grains, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(batch, "analyse", lambda name, data, on_progress, **given: seen.append(given))
    np.save(tmp_path / "a.npy", grains.array)
    for more in (["--columns", "4"], ["--columns", "4", "--lines", "5"], []):
        parser = argparse.ArgumentParser()
        batch.add_analyses(parser.add_subparsers(dest="analysis"), "own")
        arguments = parser.parse_args(["own", str(tmp_path / "a.npy"), "--out", str(tmp_path), *more])
        arguments.formats = []
        assert batch.run(arguments) == 0
    assert seen == [{"columns": 4, "lines": 4}, {"columns": 4, "lines": 5}, {}]


def test_controls_are_called_what_the_parameter_is(grains):
    model = analyses()["unmix"].load("model")(np.random.default_rng(0).random((6, 6, 20)), advise=False)
    for control in (
        slider(model, "n_components", 1, 8), switch(model, "sum_to_one"), choice(model, "loss", [("A", "frobenius")])
    ):  # fmt: skip
        assert control.tooltip
    assert slider(model, "channel_binning", 1, 8).description == "Bin channels"
    assert switch(model, "normalize").description == "Normalize"
    assert in_words(OwnModel(grains), {"share": Fraction(1, 3)}, ["share"]) == "share 1/3"
