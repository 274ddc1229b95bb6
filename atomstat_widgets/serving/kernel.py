"""The kernel of a served session: IPython's, within the memory that a session may take, and without a trace of itself.

Nothing that it writes is the user's: its profile is in the folder of the session, and it keeps no history. What goes
wrong is told to the page in words; the traceback is in the log of the server.
"""

import gc
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread

from atomstat_widgets.data.guarded.memory import limit_memory
from atomstat_widgets.data.guarded.warm import keep_warm
from atomstat_widgets.data.readers.answering import answer
from atomstat_widgets.serving.line import end_with
from atomstat_widgets.serving.temporary import SHOWN, VARIABLE

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

    from atomstat_widgets.serving.in_words import Kernel

    limit_memory()
    # What is written to standard error, by C too, is for the log of the server and not for the page.
    app = IPKernelApp.instance(kernel_class=Kernel, capture_fd_output=False)
    app.config.HistoryManager.enabled = False
    app.initialize(list(arguments))
    sys.stderr = sys.__stderr__
    # ipywidgets does so when it is imported in a kernel, and may have been before this was one. A page would not be
    # given the state of all widgets at once, but ask for each, and sometimes forever.
    ipywidgets.register_comm_target()
    app.start()


def run_forked(arguments: Sequence[str], environment: Mapping[str, str], folder: str, life: Connection) -> None:
    """Be a kernel in a process that was forked for it.

    Parameters
    ----------
    arguments : sequence of str
        Of IPython's kernel.
    environment : mapping
        Variables, in place of those of the process forked from.
    folder : str
        Where to be.
    life : Connection
        Ends with the process above the server.
    """
    os.setsid()  # Ctrl+C in a terminal is for the server
    os.nice(NICENESS)
    gc.freeze()  # what is there now stays, and its memory is shared as long as nobody touches it
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # as of the process forked from; the variables name another
    os.chdir(folder)
    keep_warm(answer)  # while there are no threads
    end_with(life)
    Thread(target=_end_with_server, daemon=True).start()
    run(arguments)


def _end_with_server() -> None:
    """Wait until the server is gone, and go too, unless a page has this kernel: the next server goes on with that."""
    server = multiprocessing.parent_process()
    if server is not None:  # None in one that was not forked
        server.join()
    if not Path(os.environ[VARIABLE], SHOWN).exists():
        os._exit(1)


if __name__ == "__main__":
    run(sys.argv[1:])
