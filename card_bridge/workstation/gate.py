"""The gate of the bridge: which HTTP requests reach it at all.

Any web page can have the browser send requests to 127.0.0.1, and any program of the computer can too. Each rule is a
function that raises `Denied`; the order of `CALL_RULES` is the order in which they apply. A denial has an empty body
and no CORS header, so that a page learns nothing from it. What a program that runs as the same user can forge (every
header) is not a matter of this gate: the person sees the origin in the bridge's own window and types the PIN there.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

from werkzeug.wrappers import Request, Response

from card_bridge.workstation.origins import RefusedOrigins
from card_bridge.workstation.peer import is_another_user

LARGEST_BODY: Final = 4096  # octets
HEADER: Final = "X-Poterne-Card"
JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"

_PREFLIGHT_SECONDS: Final = 600


class Denied(Exception):
    """The request does not pass. `status` is the HTTP status of the answer."""

    def __init__(self, status: int = 403) -> None:
        self.status = status
        super().__init__(str(status))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What the rules compare with."""

    port: int
    """The port that this bridge listens on."""
    origins: Collection[str]
    """The origins of the settings."""
    refused: RefusedOrigins = field(default_factory=RefusedOrigins)

    def admit_call(self, request: Request) -> str:
        """The origin of a call from a page.

        Raises:
            Denied: a rule is broken.
        """
        for rule in CALL_RULES:
            rule(self, request)
        return request.headers["Origin"]

    def admit_preflight(self, request: Request) -> Response:
        """The answer to a CORS preflight (Fetch, section 4.8) of an allowed origin.

        Raises:
            Denied: a rule is broken, or it asks for another method or other headers than a call has.
        """
        for rule in PREFLIGHT_RULES:
            rule(self, request)
        asked = request.headers.get("Access-Control-Request-Headers", "")
        names = {name.strip().lower() for name in asked.split(",") if name.strip()}
        if request.headers.get("Access-Control-Request-Method") != "POST" or names - {"content-type", HEADER.lower()}:
            raise Denied
        response = Response(status=204)
        response.headers["Access-Control-Allow-Methods"] = "POST"
        response.headers["Access-Control-Allow-Headers"] = f"Content-Type, {HEADER}"
        response.headers["Access-Control-Max-Age"] = str(_PREFLIGHT_SECONDS)
        allow_reading(response, request.headers["Origin"])
        return response

    def admit_navigation(self, request: Request, *, from_other_sites: bool) -> None:
        """Let a browser navigate to a page of the bridge.

        Args:
            from_other_sites: whether a link of another site may lead there; otherwise the person must have typed or
                opened the address, or followed a link of the bridge's own page.

        Raises:
            Denied: a rule is broken.
        """
        for rule in NAVIGATION_RULES:
            rule(self, request)
        if not from_other_sites and request.headers.get("Sec-Fetch-Site") not in ("none", "same-origin"):
            raise Denied

    def admit_form(self, request: Request) -> None:
        """Let the form of a page of the bridge be posted to it.

        Raises:
            Denied: a rule is broken.
        """
        for rule in FORM_RULES:
            rule(self, request)


def allow_reading(response: Response, origin: str) -> None:
    """Let the page of `origin`, and no other, read the answer."""
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Vary"] = "Origin"


def page_is_gone(request: Request) -> Callable[[], bool]:
    """Tells whether the browser has closed the connection of a request: the person has left the page."""
    told: Callable[[], bool] = request.environ.get("waitress.client_disconnected", lambda: False)
    return told


def names_this_server(gate: Gate, request: Request) -> None:
    """DNS rebinding: the page of a foreign name that now resolves to 127.0.0.1 sends that name as Host."""
    if request.headers.get("Host") not in (f"127.0.0.1:{gate.port}", f"localhost:{gate.port}"):
        raise Denied(421)


def comes_from_this_user(_gate: Gate, request: Request) -> None:
    """A terminal server: the browser of another user must not reach this user's card."""
    if is_another_user(request.environ):
        raise Denied


def has_allowed_origin(gate: Gate, request: Request) -> None:
    """Browsers set Origin, and a page cannot change it. `null` (sandboxed frames, file:) is on no list.

    The answer has no CORS header: a page must not learn that its visitor has this software. The self-test names the
    site instead.
    """
    if (origin := request.headers.get("Origin", "")) not in gate.origins:
        gate.refused.add(origin)
        raise Denied


def is_a_post(_gate: Gate, request: Request) -> None:
    """Images, links, frames, scripts and WebSocket handshakes are GET."""
    if request.method != "POST":
        raise Denied


def is_a_preflight(_gate: Gate, request: Request) -> None:
    if request.method != "OPTIONS":
        raise Denied


def is_a_get(_gate: Gate, request: Request) -> None:
    if request.method != "GET":
        raise Denied


def is_a_cors_fetch(_gate: Gate, request: Request) -> None:
    """Forms are navigations, and `no-cors` has no preflight. The bridge's own pages make no calls.

    Browsers older than 2023 send no Sec-Fetch headers: for them, the preflight that the next rules force suffices.
    """
    if request.headers.get("Sec-Fetch-Mode", "cors") != "cors":
        raise Denied
    if request.headers.get("Sec-Fetch-Site") in ("none", "same-origin"):
        raise Denied


def has_json(_gate: Gate, request: Request) -> None:
    """A form cannot send this type, and a page of another origin cannot without a preflight."""
    if request.headers.get("Content-Type") != JSON:
        raise Denied


def has_the_header(_gate: Gate, request: Request) -> None:
    """A header that no browser adds by itself: a page needs a preflight for it."""
    if request.headers.get(HEADER) != "1":
        raise Denied


def has_a_small_body(_gate: Gate, request: Request) -> None:
    """A length that is declared, and at most 4,096 octets: nothing larger is read into memory."""
    if request.content_length is None or request.content_length > LARGEST_BODY:
        raise Denied(413)


def is_a_navigation(_gate: Gate, request: Request) -> None:
    """The person sees where they are. Frames, images, fetches and old browsers are refused."""
    if request.headers.get("Sec-Fetch-Mode") != "navigate" or request.headers.get("Sec-Fetch-Dest") != "document":
        raise Denied


def comes_from_an_own_page(_gate: Gate, request: Request) -> None:
    """A page of the bridge: its origin is the address at which it was opened, which `names_this_server` has checked."""
    own = f"http://{request.headers['Host']}"
    if request.headers.get("Origin") != own or request.headers.get("Sec-Fetch-Site") != "same-origin":
        raise Denied


def has_fields(_gate: Gate, request: Request) -> None:
    if request.mimetype != FORM:
        raise Denied


def is_no_prefetch(_gate: Gate, request: Request) -> None:
    """A page may have the browser load a link before anybody follows it (Fetch, Sec-Purpose): no window opens then."""
    if request.headers.get("Sec-Purpose") or request.headers.get("Purpose"):
        raise Denied


Rule = Callable[[Gate, Request], None]

CALL_RULES: Final[tuple[Rule, ...]] = (
    names_this_server,
    comes_from_this_user,
    has_allowed_origin,
    is_a_post,
    is_a_cors_fetch,
    has_json,
    has_the_header,
    has_a_small_body,
)

PREFLIGHT_RULES: Final[tuple[Rule, ...]] = (
    names_this_server,
    comes_from_this_user,
    has_allowed_origin,
    is_a_preflight,
)

NAVIGATION_RULES: Final[tuple[Rule, ...]] = (
    names_this_server,
    comes_from_this_user,
    is_a_get,
    is_a_navigation,
    is_no_prefetch,
)

FORM_RULES: Final[tuple[Rule, ...]] = (
    names_this_server,
    comes_from_this_user,
    is_a_post,
    is_a_navigation,
    comes_from_an_own_page,
    has_fields,
    has_a_small_body,
)
