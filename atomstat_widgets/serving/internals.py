"""What this package leans on in other libraries without their documentation promising it.

Each of these may go with a release of its library. So each library has an upper bound in ``pyproject.toml``, and a test
looks for all of this in what is installed, and names the library and its version where something is gone.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Internal:
    """One thing that is leant on.

    Attributes
    ----------
    library : str
        Name of its distribution.
    place : str
        ``module:name.of.attribute``, or a pattern of files below ``share/jupyter`` or below the library's package.
    purpose : str
        Where it is used and what for.
    text : str
        What stands in one of those files; empty for an attribute.
    """

    library: str
    place: str
    purpose: str
    text: str = ""


INTERNALS = (
    # --- the server
    Internal(
        "voila", "voila.app:Voila.init_settings",
        "server: the settings of the web application are made here, and some are added.",
    ),
    Internal(
        "voila", "voila.app:Voila.init_handlers",
        "server: the routes are made here, and some get handlers of ours.",
    ),
    Internal(
        "voila", "voila.tornado.handler:TornadoVoilaHandler.get_generator",
        "handlers: gives the page piece by piece, whose scripts are marked with a number.",
    ),
    Internal(
        "voila", "voila.tornado.kernel_websocket_handler:VoilaKernelWebsocketHandler.on_message",
        "handlers: takes what a page sends to its kernel, which is checked before.",
    ),
    Internal(
        "jupyter-server",
        "jupyter_server.services.kernels.connection.base:BaseKernelWebsocketConnection.kernel_manager",
        "handlers: tells whether the kernel of a socket is busy.",
    ),
    Internal(
        "voila", "voila.static_file_handler:MultiStaticFileHandler",
        "page_scripts: gives Voila's scripts, and learns which were asked for.",
    ),
    Internal(
        "jupyter-server", "jupyter_server.base.handlers:FileFindHandler",
        "page_scripts: gives the scripts of extensions, and learns which were asked for.",
    ),
    Internal(
        "voila", "voila.request_info_handler:RequestInfoSocketHandler",
        "handlers: its route asks for no token, and is left out.",
    ),
    Internal(
        "voila", "voila_kernel_manager.py",
        "kernels: kernels that are kept ready are no sessions, and are forgotten when they end.",
        text="self._pools",
    ),
    Internal(
        "jupyter-client", "jupyter_client.multikernelmanager:MultiKernelManager._pending_kernels",
        "kernels: those that are just being started have to be ended too.",
    ),
    Internal(
        "jupyter-server", "jupyter_server.services.kernels.kernelmanager:AsyncMappingKernelManager.cull_kernel_if_idle",
        "kernels: decides whether a kernel is ended, and here one that is busy may be.",
    ),
    Internal(
        "jupyter-client", "jupyter_client.provisioning.local_provisioner:LocalProvisioner.process",
        "forked: holds the process of a kernel, which is one that was forked.",
    ),
    Internal(
        "jupyter-server", "base/handlers.py",
        "handlers: a file asked for without the token is refused, and not led to the page for it.",
        text="_redirect_to_login",
    ),
    # --- the kernel
    Internal(
        "ipython", "IPython.core.interactiveshell:InteractiveShell._showtraceback",
        "in_words: shows a traceback, which is for the log of the server and not for the page.",
    ),
    Internal(
        "ipykernel", "ipykernel.kernelapp:IPKernelApp.capture_fd_output",
        "kernel: what C writes is not for the page.",
    ),
    Internal(
        "ipykernel", "kernelbase.py",
        "panels.background: goes on where messages of the page are handled.",
        text="self.io_loop",
    ),
    Internal(
        "ipywidgets", "ipywidgets:register_comm_target",
        "kernel: a page asks by it for the state of all widgets at once.",
    ),
    # --- the page
    Internal(
        "voila", "voila/templates/base/static/*.js",
        "page.js: Voila leaves its application there, by which the widgets of a page are found.",
        text="jupyterapp",
    ),
    Internal(
        "voila", "voila/templates/base/static/*.js",
        "page.js: gives what manages the widgets of a page, once it is there.",
        text="widgetManagerPromise",
    ),
    Internal(
        "voila", "voila/labextensions/@voila-dashboards/widgets-manager8/static/*.js",
        "page.js: widgets that are late are given up by it, unless it says that the page still waits.",
        text="restoredStatus",
    ),
    Internal(
        "voila", "voila/templates/lab/index.html.j2",
        "index.html.j2: the template is this one but for a block, which loads from a CDN.",
        text="block notebook_css",
    ),
    Internal(
        "anywidget", "labextensions/anywidget/static/*.js",
        "page_scripts: imports our script as a blob, which the number of the page allows where this is in its file.",
        text="createObjectURL",
    ),
    Internal(
        "anywidget", "labextensions/anywidget/static/*.js",
        "panels/scripts: gives the kernel of a page, of whose end it is told.",
        text="widget_manager",
    ),
    Internal(
        "bqplot", "nbextensions/bqplot/index.js",
        "panels/scripts: by this class a picture is known that is brushed, for its name.",
        text="brushintsel",
    ),
    Internal(
        "ipywidgets", "ipywidgets:FloatSlider.get_state",
        "panels.controls: a page takes the values of a slider one by one, in the order in which they stand there.",
    ),
    Internal(
        "ipywidgets", "labextensions/@jupyter-widgets/jupyterlab-manager/static/*.js",
        "panels/scripts: names for what the sliders are made of, which have none.",
        text="noUi-handle",
    ),
    # --- the readers
    Internal(
        "rosettasciio", "rsciio.utils._fei_stream_readers:stream_to_array",
        "data.readers.all_readers: compiled late, and so imported before readers are forked.",
    ),
    Internal(
        "tifffile", "tifffile.tifffile:read_ndtiff_index",
        "data.readers.pointers: tells which other files a tif of a set names.",
    ),
    Internal(
        "numba", "numba.core.caching:Cache.load_overload",
        "data.guarded.sight: a reader looks into no folder for compiled code.",
    ),
    Internal(
        "numba", "numba.core.caching:Cache.save_overload",
        "data.guarded.sight: a reader keeps no compiled code.",
    ),
    Internal(
        "numba", "numba.core.dispatcher:Dispatcher.enable_caching",
        "data.guarded.sight: the same, of what is compiled later.",
    ),
)  # fmt: skip
