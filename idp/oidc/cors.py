"""Which pages of other origins may read the responses of our endpoints: those of applications that run in a browser.

The CORS protocol of the Fetch standard (section 3.2). `ENDPOINTS` lists the endpoints that other origins may read:
those whose response is the same for everyone, from any origin; the others, from the origins of registered public
clients. No response depends on a cookie, so credentials are never allowed.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, request

KNOWN_FOR = 600  # seconds that a browser may cache a preflight; each later request is still checked


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossOrigin:
    """What a page of another origin may send to an endpoint. `anyone`: from any origin."""

    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    anyone: bool = False


# A revocation endpoint (RFC 7009) would have a line like that of /oidc/token.
ENDPOINTS: Mapping[str, CrossOrigin] = {
    "/.well-known/openid-configuration": CrossOrigin(methods=("GET",), anyone=True),
    "/oidc/jwks": CrossOrigin(methods=("GET",), anyone=True),
    "/oidc/token": CrossOrigin(methods=("POST",), headers=("Content-Type",)),
    "/oidc/userinfo": CrossOrigin(methods=("GET", "POST"), headers=("Authorization", "Content-Type")),
}


def allow_cross_origin(blueprint: Blueprint, registered: Callable[[], Collection[str]]) -> None:
    """Answer the preflights of `blueprint`, and say on each of its responses whether the page may read it.

    `registered` returns the origins of public clients.
    """

    def preflight() -> Response | None:
        if request.method != "OPTIONS" or (endpoint := ENDPOINTS.get(request.path)) is None:
            return None
        headers = [("Allow", ", ".join(("OPTIONS", *endpoint.methods)))]
        if "Access-Control-Request-Method" in request.headers and _may_read(endpoint, registered):
            headers.append(("Access-Control-Allow-Methods", ", ".join(endpoint.methods)))
            headers.append(("Access-Control-Max-Age", str(KNOWN_FOR)))
            if endpoint.headers:
                headers.append(("Access-Control-Allow-Headers", ", ".join(endpoint.headers)))
        return Response(status=204, headers=headers)

    def add_headers(response: Response) -> Response:
        endpoint = ENDPOINTS.get(request.path)
        if endpoint is None:
            return response
        if endpoint.anyone:
            response.headers["Access-Control-Allow-Origin"] = "*"
            return response
        response.headers.add("Vary", "Origin")
        if _may_read(endpoint, registered):
            response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        return response

    blueprint.before_request(preflight)
    blueprint.after_request(add_headers)


def _may_read(endpoint: CrossOrigin, registered: Callable[[], Collection[str]]) -> bool:
    origin = request.headers.get("Origin")
    return endpoint.anyone or (origin is not None and origin in registered())
