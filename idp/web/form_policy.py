"""The Content Security Policy of a page whose form leaves for an application."""

from functools import lru_cache

from flask import Response

from config.web.security import WITH_ORIGIN, content_security_policy
from idp.web.protocol_response import FormPost, ProtocolResponse


def with_form_action(response: Response, departure: ProtocolResponse | None) -> Response:
    """The same page, from which `departure` may be taken by a form, which says where it comes from."""
    if isinstance(departure, FormPost):
        response.headers["Content-Security-Policy"] = form_policy(departure.origins)
        response.headers["Referrer-Policy"] = WITH_ORIGIN
    return response


@lru_cache(maxsize=1_000)  # as many as applications that are remembered
def form_policy(origins: tuple[str, ...]) -> str:
    return content_security_policy(form_action=" ".join(("'self'", *origins)))
