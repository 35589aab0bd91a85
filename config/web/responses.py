"""Fast responses, for the endpoints of applications and the redirects of a login.

Their headers are complete. Werkzeug would parse and quote addresses again and add missing headers, which costs more
than the rest of the response.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from flask import Response
from werkzeug.datastructures import Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class RawResponse(Response):
    """A response to which werkzeug adds nothing; a header set later is sent too.

    Its body is given to the server as the list that it is, and by Granian sent at once.
    So nothing can be called when it is closed.
    """

    default_mimetype = None  # an empty body has no type, and another's is given

    def __init__(self, body: bytes, status: int, *, headers: list[tuple[str, str]]) -> None:
        # In a list, since of bytes werkzeug would measure the length again.
        complete = Headers()
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            complete.add(name, value)  # of a list, werkzeug would find out first that it is one
        super().__init__([body], status, complete, direct_passthrough=True)

    def call_on_close(self, func: Callable[[], Any]) -> NoReturn:
        raise RuntimeError(f"a complete response is not closed: nothing would call {func!r}")

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:  # noqa: ARG002 - werkzeug's signature
        return self.headers


def see_other(address: str) -> Response:
    """RFC 9110 section 15.4.4: what follows is a GET, whatever this was. `address` is ASCII, as addresses are."""
    return RawResponse(b"", 303, headers=[("Location", address)])
