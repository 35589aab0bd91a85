"""The web application of the bridge, on 127.0.0.1: calls of pages (door 1), the hand-off (door 2), its own pages.

Every request passes the gate first. What an address does is in `calls.py`, `hand_off.py` and `own_pages.py`.
"""

import logging
from collections.abc import Callable, Iterable
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Final

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from card_bridge.states import SignOutcome
from card_bridge.workstation.calls import CallInvalid, Calls
from card_bridge.workstation.gate import Denied, Gate, allow_reading
from card_bridge.workstation.hand_off import HandOff
from card_bridge.workstation.own_pages import OwnPages
from card_bridge.workstation.pages.hand_off import HandOffPage

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CALLS_PREFIX: Final = "/v1/"
HAND_OFF: Final = "/hand-off"
SLOW_AT_ONCE: Final = 4
"""Hand-offs and self-tests together, which wait for a service or a person."""

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_POLICY: Final = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

logger = logging.getLogger(__name__)


class BridgeApp:
    """The WSGI application."""

    def __init__(self, gate: Gate, calls: Calls, hand_off: HandOff, own_pages: OwnPages) -> None:
        self._gate = gate
        self._hand_off = hand_off
        self._own_pages = own_pages
        self._slow = BoundedSemaphore(SLOW_AT_ONCE)
        self._calls: dict[str, Callable[[Request, str], Response]] = {
            f"{CALLS_PREFIX}status": calls.status,
            f"{CALLS_PREFIX}sign": calls.sign,
            f"{CALLS_PREFIX}cancel": calls.cancel,
        }

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self._answer(request)
        except Denied as denied:
            response = Response(status=denied.status)
        except HTTPException as wrong:  # of Werkzeug, for a request that it cannot read
            response = Response(status=wrong.code or 400)
        except Exception as fault:  # the edge: a fault of ours is logged by its type only, since values may be secret
            logger.error("fault: %s", type(fault).__name__)  # noqa: TRY400
            response = Response(status=500)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.path == HAND_OFF and request.method == "GET":
            self._gate.admit_navigation(request, from_other_sites=True)
            return self._slowly(self._hand_off.follow, request)
        if request.path == HAND_OFF and request.method == "POST":
            self._gate.admit_form(request)
            return self._slowly(self._hand_off.go_on, request)
        if request.method == "GET" and (page := self._own_pages.page(request.path)):
            self._gate.admit_navigation(request, from_other_sites=False)
            return self._slowly(page, request)
        if request.method == "OPTIONS":
            return self._gate.admit_preflight(request)
        origin = self._gate.admit_call(request)
        response = self._called(request, origin)
        allow_reading(response, origin)
        return response

    def _slowly(self, page: Callable[[Request], Response], request: Request) -> Response:
        """A page that may wait: a service that answers slowly must not take the threads that calls need."""
        if not self._slow.acquire(blocking=False):
            return HandOffPage.of(request).show(SignOutcome.BUSY)
        try:
            return page(request)
        finally:
            self._slow.release()

    def _called(self, request: Request, origin: str) -> Response:
        if (call := self._calls.get(request.path)) is None:
            return Response(status=404)
        try:
            return call(request, origin)
        except CallInvalid as wrong:
            return Response(f"{wrong}\n", status=400, content_type="text/plain; charset=utf-8")
