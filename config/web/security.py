"""The security headers of every response.

They are added by a WSGI layer and not by `after_request`, since that is cheaper for the token endpoint. A response
that has its own Cache-Control, Content-Security-Policy, Permissions-Policy, Referrer-Policy or
Cross-Origin-Resource-Policy keeps it: published keys may be cached; a form that posts to an application needs its own
form-action and its origin; the page that offers the card calls a program of the workstation; the logos of applications
are shown by the pages of other services. Cross-Origin-Opener-Policy is set by pages (`Page.isolated`): during a login
it would break an application's popup.
"""

from collections.abc import Collection, Iterable, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

from werkzeug.wrappers import Response

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

LOOPBACK_NETWORK: Final = ("loopback-network", "local-network-access", "local-network")
"""The features by which a page calls a program of the same machine: today's name in Chromium, and the earlier ones."""

_FEATURES: Final = (
    "camera", "geolocation", "microphone", "payment", "usb", "browsing-topics", *LOOPBACK_NETWORK,
)  # fmt: skip

_CACHE, _POLICY, _REFERRER = "Cache-Control", "Content-Security-Policy", "Referrer-Policy"
_RESOURCE = "Cross-Origin-Resource-Policy"
_PERMISSIONS = "Permissions-Policy"

WITH_ORIGIN = "strict-origin"
"""The Referrer-Policy of a page that posts to an application: with `no-referrer` browsers send `Origin: null`."""

_OWN = frozenset({_CACHE, _POLICY, _REFERRER, _RESOURCE, _PERMISSIONS})
_TWO_YEARS = 63_072_000


def content_security_policy(**changes: str) -> str:
    """The policy with some directives changed, such as `form_action="'self' https://dcc.example"`."""
    changed = {name.replace("_", "-"): value for name, value in changes.items()}
    return "; ".join(f"{name} {value}" for name, value in {**POLICY, **changed}.items())


def permissions_policy(allowed: Collection[str] = ()) -> str:
    """The Permissions-Policy of a page, which may use the features `allowed` and no other of `_FEATURES`."""
    return ", ".join(f"{feature}=({'self' if feature in allowed else ''})" for feature in _FEATURES)


def allow_local_programs(response: Response, origins: Iterable[str]) -> None:
    """Let the script of this page call programs of the same machine, at these origins."""
    response.headers[_POLICY] = content_security_policy(connect_src=" ".join(("'self'", *origins)))
    response.headers[_PERMISSIONS] = permissions_policy(LOOPBACK_NETWORK)


class SecurityHeaders:
    """WSGI layer: adds the headers to every response, errors included."""

    def __init__(self, application: "WSGIApplication", settings: CommonSettings) -> None:
        self._application = application
        always = [
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
        ]
        if settings.is_secure:
            always.append(("Strict-Transport-Security", f"max-age={_TWO_YEARS}"))
        defaults = {
            _CACHE: "no-store",
            _POLICY: content_security_policy(),
            _REFERRER: "no-referrer",
            _RESOURCE: "same-origin",
            _PERMISSIONS: permissions_policy(),
        }
        self._added = {
            frozenset(own): [*always, *((name, value) for name, value in defaults.items() if name not in own)]
            for count in range(len(defaults) + 1)
            for own in combinations(defaults, count)
        }

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def started(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
            own = frozenset(name for name, _ in headers if name in _OWN)
            headers += self._added[own]
            return start_response(status, headers, exc_info)

        return self._application(environ, started)
