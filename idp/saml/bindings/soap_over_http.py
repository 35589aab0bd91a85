"""SOAP over HTTP: SAML V2.0 Bindings, section 3.2.3."""

import logging
from collections.abc import Callable, Sequence

from flask import Blueprint, Response, request
from werkzeug.exceptions import TooManyRequests

from config.web.csrf import accepts_cross_site_posts
from config.web.responses import RawResponse
from idp.saml.bindings import soap
from idp.web.untrusted_request import UntrustedRequest
from idp.web.untrusted_request_pages import UntrustedRequestPages

journal = logging.getLogger("poterne.saml")


def soap_body() -> bytes:
    """The body of the current request.

    Raises:
        soap.NotSoap: it has another type, no Content-Length, or too many octets.
    """
    length, longest = request.content_length, request.max_content_length or 0
    if request.mimetype not in soap.ACCEPTED_TYPES:
        raise soap.NotSoap(f"the Content-Type must be {' or '.join(soap.ACCEPTED_TYPES)}")
    if length is None:
        raise soap.NotSoap("there must be a Content-Length")
    if length > longest:
        raise soap.NotSoap(f"it must have at most {longest} octets, and has {length}")
    return request.get_data(cache=False)


def soap_answer(body: bytes, status: int = 200, *, headers: Sequence[tuple[str, str]] = ()) -> Response:
    """A response with an envelope. Caches must not keep it (section 3.2.3.2)."""
    all_headers = [("Content-Type", f"{soap.CONTENT_TYPE}; charset=utf-8"), ("Cache-Control", "no-store"), *headers]
    return RawResponse(body, status, headers=all_headers)


def add_soap_endpoint(
    blueprint: Blueprint,
    path: str,
    answer: Callable[[], Response],
    *,
    message: str,
    untrusted_requests: UntrustedRequestPages,
) -> None:
    """Serve POST `path`: it returns the response of `answer`, or a SOAP fault if the request is refused (3.2.3.3).

    `message` is the kind of message that the endpoint reads. Other sites may post to it: it reads no cookie.
    """

    @blueprint.post(path)
    @accepts_cross_site_posts
    def soap_endpoint() -> Response:
        try:
            return answer()
        except soap.NotSoap as refused:
            journal.warning("message by SOAP refused", extra={"kind": message, "reason": str(refused)})
            return soap_answer(soap.fault(f"the body must be a SOAP envelope with one {message}: {refused}"), 400)
        except UntrustedRequest as refused:
            reference = untrusted_requests.record(refused, journal)
            return soap_answer(soap.fault(f"the {message} is refused: {refused.fault}, reference {reference}"), 403)
        except TooManyRequests:
            journal.warning("message by SOAP refused", extra={"kind": message, "reason": "too many forged messages"})
            return soap_answer(soap.fault(f"too many {message} messages: wait"), 429, headers=[("Retry-After", "1")])
