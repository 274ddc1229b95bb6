"""Who answers what: pages and their sockets, files for those who came in, and the headers of every answer.

Every answer says what a browser may do with it. A page runs the scripts that the server wrote into it, each marked with
a number that is new with every page, and those in the files of the packages; anything else that a page shows, from the
name of a file to the metadata in it, is no script whatever it contains.
"""

import secrets
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.identity import PasswordIdentityProvider
from jupyter_server.base.handlers import FileFindHandler, JupyterHandler
from jupyter_server.utils import url_path_join
from tornado.httputil import HTTPHeaders
from tornado.web import HTTPError, OutputTransform, StaticFileHandler, authenticated
from voila.request_info_handler import RequestInfoSocketHandler
from voila.static_file_handler import MultiStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from atomstat_widgets.serving import page_scripts
from atomstat_widgets.serving.frames import BadFrame, check_frame

ANY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
# Widgets are styled by attributes, pictures and downloads are made in the page.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": ANY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # the token may be in the address
    "Cross-Origin-Resource-Policy": "same-origin",
}

RETRY_AFTER = 60  # s
POLICY_VIOLATION = 1008  # of RFC 6455: why a socket is closed
TRY_AGAIN_LATER = 1013  # registered after it


class SafeHeaders(OutputTransform):
    """Adds them to every answer that has none of its own, and leaves out which software answers."""

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Before the first byte."""
        for name, value in HEADERS.items():
            if name not in headers:
                headers[name] = value
        headers.pop("Server", None)
        return status_code, headers, chunk


class Page(TornadoVoilaHandler):
    """A page, with the token against cross-site requests, with which it asks to end its kernel when it is closed."""

    async def prepare(self) -> None:
        """Set the cookie; `xsrf_token` does so when it is read."""
        await super().prepare()
        self.xsrf_token  # noqa: B018

    @authenticated
    async def get(self, path: str | None = None) -> None:
        """Give a page, if there is room for its session."""
        if path:  # of a notebook in a tree, which there is not
            raise HTTPError(404)
        if not await self.kernel_manager.make_room(self.settings["most_sessions"]):
            self.set_status(503)
            self.set_header("Retry-After", str(RETRY_AFTER))
            self.finish(self.render_template("full.html"))
            return
        nonce = secrets.token_urlsafe(16)
        self.set_header("Content-Security-Policy", PAGE_POLICY.format(nonce=nonce))
        async for html in self.get_generator(path=path):
            # What comes from the kernel is JSON here, in which there is no such letter.
            self.write(html.replace("<script", f'<script nonce="{nonce}"'))
            self.flush()


class KernelSocket(VoilaKernelWebsocketHandler):
    """The socket of a page to its kernel; one that sends what no page does is closed."""

    async def open(self, kernel_id: str) -> None:
        """Wait for the kernel; close in words where it does not answer, as Tornado would drop the connection."""
        try:
            await super().open(kernel_id)
        except TimeoutError:
            self.log.warning("The socket of kernel %s is closed: the kernel does not answer", kernel_id)
            self.close(TRY_AGAIN_LATER, "the session does not answer: try again later")

    def on_message(self, ws_message: str | bytes) -> None:
        """Hand on a message."""
        if self.ws_connection is None:  # closed, and more came
            return
        try:
            self._take(len(ws_message))
            check_frame(ws_message, self.selected_subprotocol)
        except BadFrame as error:
            self.log.warning("The socket of kernel %s is closed: %s", self.kernel_id, error)
            self.close(POLICY_VIOLATION, str(error))
        else:
            super().on_message(ws_message)

    def on_ping(self, data: bytes) -> None:
        """Count what needs an answer, as if it were a message."""
        try:
            self._take(len(data))
        except BadFrame as error:
            self.close(POLICY_VIOLATION, str(error))

    def _take(self, size: int) -> None:
        allowance = self.kernel_manager.allowances.get(self.kernel_id)
        if allowance is None:
            raise BadFrame("the session has ended")
        allowance.take(size, busy=self.connection.kernel_manager.execution_state == "busy")


class ForWhoCameIn(JupyterHandler):
    """For handlers of files: those who have the token get them, or all where there is none."""

    async def prepare(self) -> None:
        """Refuse others."""
        await super().prepare(_redirect_to_login=False)
        if self.current_user is None:
            raise HTTPError(403)

    async def get(self, *arguments: str, **named: Any) -> None:
        """Give a file; a path that leads to none is not found, whatever Voila makes of it."""
        try:
            giving: Any = super().get(*arguments, **named)
            await giving
        except (AssertionError, ValueError):
            raise HTTPError(404) from None


class PageScriptsHandler(ForWhoCameIn, page_scripts.PageScriptsHandler):
    """The scripts of a page in one file."""


# In place of Voila's, of which they do a little more.
INSTEAD = {
    TornadoVoilaHandler: Page,
    VoilaKernelWebsocketHandler: KernelSocket,
    MultiStaticFileHandler: page_scripts.VoilaScriptsHandler,
    FileFindHandler: page_scripts.ExtensionScriptsHandler,
}


class Identities(PasswordIdentityProvider):
    """Jupyter's, for a server whose address goes on after the name of the machine."""

    parent: Any  # the server

    def get_handlers(self) -> list[tuple[str, Any]]:
        """Log in and out below that address, where Voila would have it at the top."""
        server = self.parent.server_url
        return [(url_path_join(server, route), handler) for route, handler in super().get_handlers()]


class NotFound(JupyterHandler):
    """For what is not below the address of the app."""

    @allow_unauthenticated
    def get(self) -> None:
        """Say so."""
        raise HTTPError(404)


def own_handlers(handlers: list[Any]) -> list[Any]:
    """Put ours in the places of Voila's, and let files be for those who came in.

    The route that tells a notebook with which query its page was asked for is left out: it asks for no token, and a
    token is in the query.
    """
    own = []
    for route, handler, *arguments in handlers:
        if handler is RequestInfoSocketHandler:
            continue
        handler = INSTEAD.get(handler, handler)
        if issubclass(handler, StaticFileHandler):
            handler = type(handler.__name__, (ForWhoCameIn, handler), {})
        own.append((route, handler, *arguments))
    return own
