"""The headers of every response, put together once.

A WSGI layer rather than an `after_request`: the token endpoint passes here too,
and one list joined to another costs it nothing. A response that says its own
Cache-Control, Content-Security-Policy or Referrer-Policy keeps it (published keys
may be cached; a form for an application needs its own form-action, and an origin).
Cross-Origin-Opener-Policy is a page's own to ask for (`Page.isolated`): on the way of
a login it would cut an application's popup off.
"""

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

from config.common_settings import CommonSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

POLICY: Mapping[str, str] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}

_CACHE, _POLICY, _REFERRER = "Cache-Control", "Content-Security-Policy", "Referrer-Policy"

WITH_ORIGIN = "strict-origin"
"""The Referrer-Policy of a page that posts to an application: by `no-referrer`, browsers send it `Origin: null`."""

_OWN = frozenset({_CACHE, _POLICY, _REFERRER})
_TWO_YEARS = 63_072_000


def content_security_policy(**changes: str) -> str:
    """The strict policy, with some of its directives changed: `form_action="'self' https://dcc.example"`."""
    changed = {name.replace("_", "-"): value for name, value in changes.items()}
    return "; ".join(f"{name} {value}" for name, value in {**POLICY, **changed}.items())


class SecurityHeaders:
    """WSGI layer: every response, ours, the framework's or a fault's, leaves with these."""

    def __init__(self, application: "WSGIApplication", settings: CommonSettings) -> None:
        self._application = application
        always = [
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            (
                "Permissions-Policy",
                "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
            ),
        ]
        if settings.is_secure:
            always.append(("Strict-Transport-Security", f"max-age={_TWO_YEARS}"))
        unless_said = {_CACHE: "no-store", _POLICY: content_security_policy(), _REFERRER: "no-referrer"}
        self._added = {
            frozenset(said): [*always, *((name, value) for name, value in unless_said.items() if name not in said)]
            for count in range(len(unless_said) + 1)
            for said in combinations(unless_said, count)
        }

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def started(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
            said = frozenset(name for name, _ in headers if name in _OWN)
            headers += self._added[said]
            return start_response(status, headers, exc_info)

        return self._application(environ, started)
