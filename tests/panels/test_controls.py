"""Controls that the worker sets while the user moves them."""

import threading

import pytest
from stepped import TIMEOUT, Stepped
from traitlets import Float, Int

from atomstat_widgets.analyses.sliding_fft.panel import SlidingFFTPanel
from atomstat_widgets.app import App
from atomstat_widgets.data import samples
from atomstat_widgets.panels.controls import AutomaticSlider, slider
from atomstat_widgets.reactive.model import AnalysisModel
from atomstat_widgets.reactive.parameter import parameter


class Model(AnalysisModel):
    count = parameter(Int(4, max=20), label="Count", help="How many")
    spacing = parameter(Float(None, allow_none=True, max=35), label="Spacing", help="How far")

    def reconcile(self, name):
        if name == "count" and self.count == 7:
            self.count = 6

    def compute(self, parameters, run):
        self.publish(parameters["count"])
        return "counted"


class Stop:
    """Holds the worker, and no other thread, at a change of a trait."""

    def __init__(self, widget, trait, worker):
        self.reached, self.gone_on = threading.Event(), threading.Event()
        thread = worker.do(threading.current_thread)

        def hold(_change):
            if threading.current_thread() is thread and not self.reached.is_set():
                self.reached.set()
                assert self.gone_on.wait(TIMEOUT)

        widget.observe(hold, trait)


@pytest.mark.parametrize("trait", ["max", "step", "value"])
def test_slider_moved_while_its_limits_are_shown(trait):
    model = Model()
    control = slider(model, "count", 1, 8)
    with Stepped() as worker:
        stop = Stop(control, trait, worker)
        control.set_trait("value", 5.0)
        shown = worker.begin(setattr, control, "scale", 0.5)
        assert stop.reached.wait(TIMEOUT)
        control.set_state({"value": control.max - 0.5 if trait == "value" else 3.0})
        moved = model.count
        stop.gone_on.set()
        shown.result(TIMEOUT)
    assert moved != 5
    assert (model.count, control.number) == (moved, moved)
    assert control.value == pytest.approx(0.5 * moved)


def test_slider_moved_while_the_automatic_number_is_shown():
    model = Model()
    control = AutomaticSlider(model, "spacing", 0.0, 40.0, 0.5)
    with Stepped() as worker:
        stop = Stop(control.slider, "value", worker)
        shown = worker.begin(control.show, 12.0)
        assert stop.reached.wait(TIMEOUT)
        control.slider.set_state({"value": 30.0})
        stop.gone_on.set()
        shown.result(TIMEOUT)
    assert (model.spacing, control.slider.number, control.slider.value) == (30, 30, 30)
    assert not control.automatic.value


def test_control_shows_what_the_model_makes_of_a_choice():
    model = Model()
    model.start()
    control = slider(model, "count", 1, 30)
    control.set_state({"value": 7.0})
    assert (model.count, control.number, control.value) == (6, 6, 6)
    model.count = 7
    assert (model.count, control.number, control.value) == (6, 6, 6)


def test_control_goes_back_where_a_choice_is_refused_and_the_model_says_why():
    model = Model()
    control = slider(model, "count", 1, 30)
    control.set_state({"value": 25.0})
    assert (model.count, control.number, control.value) == (4, 4, 4)
    assert model.error.startswith("The value of the 'count' trait")
    model.error = ""
    automatic = AutomaticSlider(model, "spacing", 0.0, 40.0, 0.5)
    automatic.slider.set_state({"value": 20.0})
    automatic.slider.set_state({"value": 39.0})
    assert (model.spacing, automatic.slider.number, automatic.automatic.value) == (20, 20, False)
    assert model.error.startswith("The value of the 'spacing' trait")


def test_run_chosen_to_be_compared_while_another_is_added():
    panel = SlidingFFTPanel(samples.graphene(shape=(64, 64)), n_components=2)
    panel.model.n_components = 3
    history = next(one for one in panel.children if type(one).__name__ == "HistoryBar")
    history.switch.value = True
    with Stepped() as worker:
        stop = Stop(history.rows[0].text, "value", worker)
        added = worker.begin(setattr, panel.model, "n_components", 4)
        assert stop.reached.wait(TIMEOUT)
        history.rows[0].compare.value = True
        chosen = list(history.compared)
        stop.gone_on.set()
        added.result(TIMEOUT)
    assert len(chosen) == 1


def test_data_chosen_while_the_list_follows_the_panel():
    app = App()
    labels = app.choice.options
    with Stepped() as worker:
        stop = Stop(app.choice, "options", worker)
        followed = worker.begin(setattr, app.panel.model, "image", samples.graphene(shape=(64, 64)))
        assert stop.reached.wait(TIMEOUT)
        app.choice.value = labels[1]
        stop.gone_on.set()
        followed.result(TIMEOUT)
    assert app.offered.chosen["image"] == labels[1]
    assert app.panel.model.image is app.offered.find("image", labels[1])
