"""The Content Security Policy of a page whose form posts to an application."""

from functools import lru_cache

from flask import Response

from config.web.security import WITH_ORIGIN, content_security_policy
from idp.web.protocol_response import FormPost, ProtocolResponse


def with_form_action(response: Response, protocol_response: ProtocolResponse | None) -> Response:
    """Allow the page to post the form of `protocol_response`, if it is one, with the page's origin as Referer."""
    if isinstance(protocol_response, FormPost):
        response.headers["Content-Security-Policy"] = form_policy(protocol_response.origins)
        response.headers["Referrer-Policy"] = WITH_ORIGIN
    return response


@lru_cache(maxsize=1_000)  # the number of applications that the registry caches
def form_policy(origins: tuple[str, ...]) -> str:
    return content_security_policy(form_action=" ".join(("'self'", *origins)))
