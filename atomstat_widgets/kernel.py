"""The kernel of a served session: IPython's, within the memory that a session may take."""

import gc
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from threading import Thread

from atomstat_widgets.data.memory import limit_memory

NICENESS = 5  # the server answers all, and comes before what each computes


def run(arguments: Sequence[str]) -> None:
    """Be a kernel.

    Parameters
    ----------
    arguments : sequence of str
        Of IPython's kernel.
    """
    import ipywidgets  # here, as the server only names this function
    from ipykernel.kernelapp import IPKernelApp

    limit_memory()
    app = IPKernelApp.instance()
    app.initialize(list(arguments))
    # ipywidgets does so when it is imported in a kernel, and may have been before this was one. A page would not be
    # given the state of all widgets at once, but ask for each, and sometimes forever.
    ipywidgets.register_comm_target()
    app.start()


def run_forked(arguments: Sequence[str], environment: Mapping[str, str], folder: str) -> None:
    """Be a kernel in a process that was forked for it.

    Parameters
    ----------
    arguments : sequence of str
        Of IPython's kernel.
    environment : mapping
        Variables, in place of those of the process forked from.
    folder : str
        Where to be.
    """
    os.setsid()  # Ctrl+C in a terminal is for the server
    os.nice(NICENESS)
    gc.freeze()  # what is there now stays, and its memory is shared as long as nobody touches it
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    Thread(target=_end_with_server, daemon=True).start()
    run(arguments)


def _end_with_server() -> None:
    """Wait until the server is gone, also where it was killed and could end no kernel, and go too."""
    multiprocessing.parent_process().join()
    os._exit(1)


if __name__ == "__main__":
    run(sys.argv[1:])
