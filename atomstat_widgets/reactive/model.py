"""What all panels' models share: parameters that ask for runs, and the state of these runs."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any, ClassVar

from traitlets import Any as AnyTrait
from traitlets import Bool, Bunch, Float, HasTraits, TraitError, Tuple, Undefined, Unicode, validate

from atomstat_widgets.arguments import progress_of
from atomstat_widgets.brief import described
from atomstat_widgets.counting import duration
from atomstat_widgets.data.sampling import Whole
from atomstat_widgets.reactive.failures import describe_failure, in_words
from atomstat_widgets.reactive.history import FinishedRun, History, with_run
from atomstat_widgets.reactive.loading import take_all
from atomstat_widgets.reactive.one_thread import one_thread
from atomstat_widgets.reactive.own_changes import OwnChanges
from atomstat_widgets.reactive.parameter import from_json, require_known
from atomstat_widgets.reactive.runner import Cancelled, Run, Runner, has_kernel
from atomstat_widgets.renamed import renamed_attribute, with_new_names

logger = logging.getLogger(__name__)

PROGRESS_INTERVAL = 0.1  # seconds between progress reports; each is a message to the page


class AnalysisModel(HasTraits):
    """Validated parameters on one side, a result on the other, and a runner between them.

    Traits made by `parameter` are the parameters: assigning one asks for a run. In a Jupyter kernel runs are
    done by a worker thread, and traits below change on it; elsewhere an assignment returns when its run is done.

    A subclass has `kind`, its parameters with the data among them, and `compute`. Its ``__init__`` takes the data
    first, gives all arguments to this one, and calls `start` at its end. Other methods "for subclasses" may be
    overridden.

    Parameters
    ----------
    data : optional
        Value of the parameter that `kind` names.
    advise : bool
        Go on after a result with what `compute_more` adds.
    on_progress : callable, optional
        Called with `progress` when that changes, in the first run too.
    **traits
        Parameters.

    Attributes
    ----------
    result
        The last good result, or None.
    stale : bool
        Whether `result` is older than the parameters.
    busy : bool
        Whether a run is going on.
    progress : float
        Fraction of the run that is done, 0 to 1.
    status : str
        What ran and how long, in words.
    error : str
        Why the last run failed, in words; empty when it did not.
    details : str
        Where it failed, for a bug report.
    history : tuple of FinishedRun
        The last runs that were finished, the newest first.
    on_all : bool
        Whether all data are shown that a sample was taken of, see `run_on_all`.
    """

    kind = ""  # name of the parameter that is the data: "image", "movie" or "cube"
    renamed: ClassVar[Mapping[str, str]] = {}  # new names of parameters by those they had up to version 0.1

    result = AnyTrait(None, allow_none=True)
    stale = Bool(False)
    busy = Bool(False)
    progress = Float(0.0)
    status = Unicode("")
    error = Unicode("")
    details = Unicode("")
    history = Tuple()
    on_all = Bool(False)

    @property
    def notice(self) -> str:
        """What is not as one would expect, in words; for subclasses."""
        return ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for old, new in cls.__dict__.get("renamed", {}).items():
            setattr(cls, old, renamed_attribute(old, new))

    def __init__(
        self, data: Any = Undefined, /, *, advise: bool = True, on_progress: Callable[[float], None] | None = None,
        **traits: Any,
    ) -> None:  # fmt: skip
        self._advise = advise
        self._parameter_names = tuple(sorted(self.traits(parameter=True)))
        self._requested: dict[str, Any] | None = None
        self._held = False
        self._quiet = OwnChanges()
        self._placing, self._meanwhile = False, dict[str, Any]()  # what others change while parameters are set quietly
        self._lock = Lock()  # of these two
        self._all: dict[str, Any] | None = None  # parameters of the run on all, and of the sample before it
        self._of_sample: dict[str, Any] = {}
        self._reported = 0.0
        self._final: Any = None
        traits = with_new_names(traits, self.renamed) | ({} if data is Undefined else {self.kind: data})
        require_known(traits, self.trait_names(), self._parameter_names)
        known = self.traits()
        super().__init__(**{name: from_json(known[name], value) for name, value in traits.items()})
        if on_progress is not None:
            self.observe(lambda change: on_progress(change.new), "progress")
        self._runner = Runner(self._run, self._report, threaded=False)

    def __repr__(self) -> str:
        values = {name: getattr(self, name) for name in self._data_first(self.trait_names(parameter=True))}
        return described(type(self).__name__, values.items())

    @classmethod
    def analyse(cls, data: Any, on_progress: Callable[[float], None] | None = None, **parameters: Any) -> Any:
        """Analyse data once, without a screen: what `atomstat_widgets.analyse` does for the analysis of this model.

        Raises
        ------
        ValueError
            The analysis failed, or a parameter is not as it should be; the message says why.
        TypeError
            `on_progress` cannot be called.
        """
        if on_progress is not None:
            progress_of(on_progress)
        names = [name for name in cls.class_traits(parameter=True) if name != cls.kind]
        try:
            require_known(parameters, [*names, *cls.renamed], names)
            with take_all():
                make: Any = cls  # each takes its data first
                model = make(data, advise=False, on_progress=on_progress, **parameters)
        except TraitError as error:
            raise ValueError(str(error)) from error
        if model.result is None:
            raise ValueError(model.error or f"{cls.__name__} has no result: __init__ calls start, and compute publish")
        return model.result

    @validate("on_all")
    def _checked_on_all(self, proposal: Bunch) -> bool:
        shown = self._all is not None and getattr(self, self.kind) is self._all[self.kind]
        if proposal["value"] and not shown:
            raise TraitError("on_all tells whether all data are shown: `run_on_all` shows them")
        return bool(proposal["value"])

    @validate("history")
    def _checked_history(self, proposal: Bunch) -> History:
        if not all(isinstance(one, FinishedRun) for one in proposal["value"]):
            raise TraitError("history is of finished runs")
        history: History = proposal["value"]
        return history

    def start(self) -> None:
        """Do the first run here and now, then follow the parameters.

        The first result is there before anything is displayed: what a thread writes while a page attaches to the
        widgets may be lost.
        """
        self.request()
        self._runner.threaded = has_kernel()
        self.observe(lambda change: self._take_change(change.name, change.new), names=list(self._parameter_names))

    def parameters(self) -> dict[str, Any]:
        """Current values of all parameters."""
        return {name: getattr(self, name) for name in self._parameter_names}

    @contextmanager
    def one_run(self) -> Iterator[None]:
        """Change several parameters and ask for one run at the end; only the data bring others in their train."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
            self.settle()
            if self.on_all and self.parameters() != self._requested:
                self._back_to_sample()
            if self.parameters() != self._requested:
                self.request()

    def restore(self, parameters: Mapping[str, Any]) -> None:
        """Set all parameters, the data among them, and ask for one run."""
        with self.one_run():
            for name in self._data_first(parameters):
                setattr(self, name, parameters[name])

    def request(self) -> None:
        """Ask for a run with the current parameters, whatever was asked before."""
        self._requested = self.parameters()
        self.stale = True
        self._runner.submit(self._requested)

    def run_on_all(self) -> None:
        """Run with the same parameters on all the data that the present ones are a sample of.

        Its data and its result take the place of the sample's when it ends; until then, or if it fails or is cancelled,
        these stay. With the next change of a parameter the sample is back.

        Raises
        ------
        ValueError
            The data are no sample.
        """
        whole = getattr(self, self.kind).whole
        if whole is None:
            raise ValueError("the data are no sample: all of them are analysed")
        self._of_sample = self.parameters()
        self._all = self.for_all({**self._of_sample, self.kind: whole.data}, whole)
        self._runner.submit(self._all)

    def for_all(self, parameters: dict[str, Any], whole: Whole) -> dict[str, Any]:
        """Parameters for all data by those for a sample; for subclasses in which they depend on its pixels."""
        return parameters

    def for_sample(self, parameters: dict[str, Any], sample: Any) -> dict[str, Any]:
        """Parameters for a sample by those that were set while all data were shown; for subclasses, as `for_all`."""
        return parameters

    def admit(self, data: Any) -> bool:
        """Whether results of these data are to be shown; all of what is a sample take its place then."""
        everything = self._all
        if everything is not None and data is everything[self.kind] and not self.on_all:
            if self.parameters() != self._of_sample:  # changed since the run was asked for: that is what counts
                return False
            meanwhile = self._set_quietly(everything)
            self._requested = everything
            if self.kind not in meanwhile:
                self.on_all = True
                if meanwhile:
                    self._back_to_sample()
            self._take(meanwhile)
        return data is getattr(self, self.kind)

    def _set_quietly(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Set parameters as they are, without a run; give what another thread, which the user has, set meanwhile."""
        with self._lock:
            self._placing = True
        try:
            with take_all(), self._quiet:
                for name in self._data_first(parameters):
                    if getattr(self, name) is not parameters[name]:
                        setattr(self, name, parameters[name])
        finally:
            with self._lock:
                self._placing = False
                meanwhile, self._meanwhile = self._meanwhile, {}
        return meanwhile

    def _take(self, changed: Mapping[str, Any]) -> None:
        """Follow changes that came while they could not be followed."""
        for name in self._data_first(changed):
            if getattr(self, name) is changed[name]:
                self._take_change(name, changed[name])
            else:
                setattr(self, name, changed[name])

    def _data_first(self, parameters: Iterable[str]) -> list[str]:
        """Names of parameters, the data before the others, which depend on them."""
        return sorted(parameters, key=lambda name: name != self.kind)

    def _back_to_sample(self) -> None:
        """Take the sample again, with what was changed since all were shown."""
        everything = self._all or {}
        changed = {name: value for name, value in self.parameters().items() if value is not everything[name]}
        changed = self.for_sample(changed, self._of_sample[self.kind])
        self._all, self.on_all, self._requested = None, False, None
        self._take(self._set_quietly({**self._of_sample, **changed}))

    def cancel(self) -> None:
        """Stop the run; the last good result stays."""
        self._runner.cancel()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until `result` is that of the current parameters; whether it happened within `timeout` seconds."""
        return self._runner.wait(timeout)

    def reconcile(self, name: str) -> None:
        """Bring other parameters in line after `name` was changed; for subclasses."""

    def settle(self) -> None:
        """Bring what is no parameter in line with parameters that were changed together; for subclasses."""

    def compute(self, parameters: dict[str, Any], run: Run) -> str:
        """Compute, give results to `publish`, and return what was done, in words; for subclasses.

        `run` is called with the fraction that is done, often: that moves the progress bar, and stops a run that is
        cancelled. What is raised is told in `error`, and the last good result stays.
        """
        raise NotImplementedError(f"{type(self).__name__} has no compute")

    def compute_more(self, parameters: dict[str, Any], run: Run) -> None:
        """Add to a result that is shown already, yielding to any newer request; for subclasses."""

    @property
    def final(self) -> Any:
        """The last result that was more than a first impression, or None.

        Numbers of components are kept from this one: how many first impressions were shown is a matter of time.
        """
        return self._final

    def publish(self, result: Any) -> None:
        """Show a result."""
        if not getattr(result, "coarse", False):
            self._final = result
        self.result = result

    def guard(self, call: Callable[..., None]) -> Callable[..., None]:
        """Make a callback whose exceptions are said in `error`, like those of a run: nobody sees them elsewhere."""

        def guarded(*args: Any) -> None:
            try:
                call(*args)
            except Exception as error:
                self._fail(error)

        return guarded

    def _take_change(self, name: str, value: Any) -> None:
        if self._quiet:
            return
        with self._lock:
            if self._placing:
                self._meanwhile[name] = value
                return
        if self.on_all and name != self.kind and not self._held:
            self._back_to_sample()
        elif name == self.kind:
            self._all, self.on_all = None, False
        if self._held and name != self.kind:
            return
        self.reconcile(name)
        if self._held:
            return
        # One change may bring others in its train, each of which comes here: one request for all of them.
        if self.parameters() != self._requested:
            self.request()

    def _report(self, fraction: float) -> None:
        now = time.monotonic()
        if now - self._reported > PROGRESS_INTERVAL:
            self._reported = now
            self.progress = fraction

    @one_thread
    def _run(self, parameters: dict[str, Any], run: Run) -> None:
        began = time.perf_counter()
        self.busy = True
        # Again: a run that ended since the request was made may have said otherwise.
        self.stale = parameters is not self._all
        self.error = self.details = ""  # now, so that what a view says of this result stays
        try:
            done = self.compute(parameters, run)
            self.stale = run.stale
            seconds = time.perf_counter() - began
            self.status = f"{done} in {duration(seconds)}"
            if not run.stale and not getattr(self.result, "coarse", False):
                self.history = with_run(self.history, parameters, self.result, seconds)
        except Cancelled:
            if run.cancelled:
                self.status = f"Cancelled{self._what_is_shown()}"
            raise
        except Exception as error:
            self._fail(error)
            return
        except BaseException as error:  # killed or interrupted: that is for whoever runs this, once it was said here
            self._fail(error)
            raise
        finally:
            self.busy = False
            self.progress = 0.0
        if not self._advise:
            return
        run.pause()
        try:
            self.compute_more(parameters, run)
        except Cancelled:
            raise
        except Exception as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        logger.info("run failed", exc_info=error)
        self.details, self.error = describe_failure(error), in_words(error)
        self.status = f"Failed{self._what_is_shown()}"

    def _what_is_shown(self) -> str:
        return "" if self.result is None else ": the last good result is shown"
