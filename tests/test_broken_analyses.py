"""What is wrong with one analysis of another package concerns that one alone."""

from dataclasses import asdict
from html import unescape
from importlib.metadata import EntryPoint, entry_points

import pytest
from another_package import atomstat_radial as radial
from traitlets import Int

import atomstat_widgets
from atomstat_widgets import App, DomainsPanel, SlidingFFTPanel, analyse
from atomstat_widgets.__main__ import main
from atomstat_widgets.data import samples
from atomstat_widgets.panels.offered import Offered
from atomstat_widgets.reactive import registry
from atomstat_widgets.reactive.parameter import parameter
from atomstat_widgets.reactive.registry import GROUP, Analysis, analyses, register, samples_of

OWN = ["sliding-fft", "domains", "strain", "trajectories", "unmix"]
FIRST = 1  # place of a tab before all others


class OutModel(radial.RadialModel):
    out = parameter(Int(1), label="Out", help="Called as an option of the command")


class FailingPanel(radial.RadialPanel):
    def _make_controls(self):
        raise NotImplementedError


class ForgetfulPanel(radial.RadialPanel):
    def _make_controls(self):
        return {}["nothing"]


def no_panel(image):
    return "no panel"


class UntoldModel(radial.RadialModel):
    untold = parameter(Int(1), label="Untold", help="Nobody can write it down", to_json=lambda value: 1 / 0)


class UntoldPanel(radial.RadialPanel):
    def __init__(self, image):
        radial.ImagePanel.__init__(self, UntoldModel(image), "")


class DomainsPanelOfAnother(radial.RadialPanel):
    pass


def broken_sample():
    raise RuntimeError("no sample today")


SAMPLES = {"Rings": lambda: samples.grains(shape=(64, 64)), "Broken": broken_sample}
TAKEN = {"Three grains": broken_sample}
HERE = __name__


class Named:
    DomainsPanel = DomainsPanelOfAnother


@pytest.fixture
def install(monkeypatch):
    """Have the registry find one more record, before all others, which differs from a good one in this."""

    def install(**parts):
        record = {**asdict(radial.ANALYSIS), **parts}
        point = EntryPoint("radial-profile", "radial:ANALYSIS", GROUP)
        monkeypatch.setattr(EntryPoint, "load", lambda one: Analysis(**record) if one == point else load(one))
        monkeypatch.setattr(registry, "entry_points", lambda group: [point, *entry_points(group=group)])

    load = EntryPoint.load
    registry._known.cache_clear()
    yield install
    registry._known.cache_clear()


@pytest.fixture
def image():
    return samples.grains(shape=(64, 64))


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"kind": "volume"}, "kind is one of image, movie, cube, got 'volume'"),
        ({"kind": "output"}, "kind is one of image, movie, cube, got 'output'"),
        ({"place": "5"}, "place is a whole number, got '5'"),
        ({"title": "Domains"}, "there is another one titled Domains"),
        ({"title": ""}, "title is empty"),
        ({"title": None}, "title is of type str, got NoneType"),
        ({"name": "domains"}, "there is another one called domains"),
        ({"name": "two words"}, "name is of letters, digits and hyphens, got 'two words'"),
        ({"name": "--out"}, "name is of letters, digits and hyphens, got '--out'"),
        ({"panel": f"{HERE}:Named.DomainsPanel"}, None),
        ({"panel": f"{HERE}:DomainsPanel"}, "there is another one whose panel is called DomainsPanel"),
        ({"panel": f"{HERE}:App"}, "its panel is called App, which is another name of atomstat_widgets"),
        ({"model": "RadialModel"}, "model is as module:object, got 'RadialModel'"),
        ({"figure": ""}, "figure is as module:object, got ''"),
    ],
)
def test_a_record_that_cannot_be_used_is_left_out(install, parts, why):
    install(**parts)
    if why is None:  # a name within another is a name of its own
        assert [*analyses()] == [*OWN, "radial-profile"]
        assert atomstat_widgets.DomainsPanel is DomainsPanel
        return
    with pytest.warns(UserWarning, match="the analysis radial-profile cannot be used") as told:
        assert [*analyses()] == OWN
    assert [str(one.message) for one in told] == [f"the analysis radial-profile cannot be used: {why}"]
    assert atomstat_widgets.DomainsPanel is DomainsPanel
    assert analyses()["domains"].panel == "atomstat_widgets.analyses.domains.panel:DomainsPanel"


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"panel": f"{HERE}:Missing"}, "the panel of Radial profile, "),
        (
            {"panel": "no_such_module:Missing"},
            "no_such_module:Missing, cannot be imported: ModuleNotFoundError: ",
        ),
        ({"panel": f"{HERE}:FailingPanel"}, "Unexpected failure: NotImplementedError"),
        ({"panel": f"{HERE}:ForgetfulPanel"}, "Unexpected failure: KeyError: 'nothing'"),
        ({"panel": f"{HERE}:no_panel"}, "the panel of Radial profile is of type Panel, got str"),
        ({"sample": "Nope"}, "there is no sample 'Nope', but Three grains, "),
        ({"sample": "Broken", "samples": f"{HERE}:SAMPLES"}, "Unexpected failure: no sample today"),
    ],
)
@pytest.mark.parametrize("place", [FIRST, 100])
def test_a_panel_that_fails_is_told_in_the_page_and_the_others_go_on(install, parts, why, place):
    install(**parts, place=place)
    app = App()
    if place != FIRST:
        app.tabs.value = "Radial profile"
    assert "Radial profile cannot be shown: " in app.notice.value
    assert why in unescape(app.notice.value)
    assert app.tabs.value == "Sliding FFT"
    assert isinstance(app.panel, SlidingFFTPanel)
    assert app.panel.layout.display is None
    session = {"tab": "Radial profile", "panels": {"Radial profile": {"parameters": {}}, "Domains": {}}}
    app.restore(session)
    assert "Radial profile: " in app.notice.value
    assert why in unescape(app.notice.value)
    assert isinstance(app.panel, DomainsPanel)
    app.tabs.value = "Sliding FFT"
    assert [*app.panels] == ["Sliding FFT", "Domains"]


@pytest.mark.parametrize(
    ("where", "why"),
    [
        (f"{HERE}:MISSING", "the samples of Radial profile, "),
        (f"{HERE}:HERE", "samples is of type Mapping, got str"),
        (f"{HERE}:TAKEN", "there is another sample called Three grains"),
    ],
)
def test_samples_that_cannot_be_used_cost_a_warning(install, where, why):
    install(samples=where)
    with pytest.warns(UserWarning, match="the samples of radial-profile cannot be used: ") as told:
        assert samples_of("image") == samples.SAMPLES
    assert why in str(told[0].message)
    with pytest.warns(UserWarning, match="the samples of radial-profile cannot be used: "):
        assert App().panel.model.image.name == "Three grains"


def test_samples_of_an_analysis_are_offered(install):
    install(samples=f"{HERE}:SAMPLES", sample="Rings")
    app = App()
    app.tabs.value = "Radial profile"
    assert app.choice.value == "Sample: Rings"
    app.choice.value = "Sample: Broken"
    assert "Unexpected failure: no sample today" in app.notice.value
    app.tabs.value = "Domains"  # where it is chosen, too
    assert "Unexpected failure: no sample today" in app.notice.value
    assert app.panel.model.image.name == "Distortion domains"
    state = app.state()
    state["panels"]["Domains"]["data"] = "Sample: Broken"
    app.restore(state)
    assert "Sample: Broken cannot be opened (Unexpected failure: no sample today)" in app.notice.value


def test_settings_that_cannot_be_told_are_in_no_session(install):
    install(panel=f"{HERE}:UntoldPanel")
    app = App()
    app.tabs.value = "Radial profile"
    assert isinstance(app.panel, UntoldPanel)
    assert [*app.state()["panels"]] == ["Sliding FFT"]
    assert "Radial profile is in no session: Unexpected failure: division by zero" in app.notice.value


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (f"{HERE}:Missing", "the model of Radial profile, "),
        (f"{HERE}:OutModel", "argument --out: conflicting option string"),
        (f"{HERE}:no_panel", "has no attribute 'class_traits'"),
    ],
)
def test_options_that_cannot_be_concern_one_command(install, capsys, model, why):
    install(model=model, title="50 % radial", place=FIRST)
    for arguments in (["--help"], ["sliding-fft", "--help"]):
        with pytest.raises(SystemExit) as ended:
            main(["run", *arguments])
        assert ended.value.code == 0
    assert "50 % radial of each image" in capsys.readouterr().out
    assert main(["run", "radial-profile", "--help"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("atomstat: the parameters of radial-profile cannot be options: ")
    assert why.replace("Radial profile", "50 % radial") in said


def test_a_model_that_is_missing_is_told_by_analyse(install, image):
    install(model=f"{HERE}:Missing")
    with pytest.raises(ValueError, match=r"the model of Radial profile, .*:Missing, .* has no attribute 'Missing'"):
        analyse("radial-profile", image)


def test_an_analysis_is_registered_in_the_process(install, image):
    register(radial.ANALYSIS)
    register(radial.ANALYSIS)  # as when a cell of a notebook runs again
    assert [*analyses()] == [*OWN, "radial-profile"]
    assert [*App().tabs.options][-1] == "Radial profile"
    assert len(analyse("radial-profile", image, bins=20).power) == 20
    assert atomstat_widgets.RadialPanel is radial.RadialPanel
    with pytest.raises(ValueError, match="there is another one called radial-profile"):
        register(Analysis(**{**asdict(radial.ANALYSIS), "title": "Another"}))
    with pytest.raises(TypeError, match="analysis is of type Analysis, got str"):
        register("radial-profile")


def test_a_panel_of_three_methods_is_whole(image):
    panel = radial.RadialPanel(image)
    panel.choose_place(3.0, 4.0)
    panel.truth_shown = True
    assert panel.truth_shown
    assert (panel.model.error, panel.truth_score.value) == ("", "")
    assert [label for label, _ in panel.overlay.options] == ["None"]


@pytest.mark.parametrize("method", ["_make_controls", "_make_views", "_draw_shown"])
def test_a_method_that_a_panel_lacks_is_named(image, method):
    incomplete = type("Incomplete", (radial.RadialPanel,), {method: getattr(radial.ImagePanel, method)})
    with pytest.raises(NotImplementedError, match=f"^Incomplete has no {method}$"):
        incomplete(image)


def test_what_is_offered_is_found_by_its_label():
    offered = Offered()
    assert offered.find("image", "Sample: Moiré") is offered.find("image", "Sample: Moiré")
    with pytest.raises(ValueError, match="there is no sample 'mine', but Oxide layers"):
        offered.find("cube", "mine")
