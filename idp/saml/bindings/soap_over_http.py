"""SOAP messages as HTTP carries them: SAML V2.0 Bindings, section 3.2.3."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Response, request
from werkzeug.exceptions import TooManyRequests

from config.web.responses import RawResponse
from idp.saml.bindings import soap
from idp.web.untrusted_request import UntrustedRequest
from idp.web.untrusted_request_pages import UnverifiedPages

journal = logging.getLogger("poterne.saml")


def soap_body() -> bytes:
    """What was posted, once it is known not to be too long.

    Raises:
        soap.NotSoap
    """
    length, longest = request.content_length, request.max_content_length or 0  # as every request here
    if request.mimetype not in soap.ACCEPTED_TYPES:
        raise soap.NotSoap(f"the Content-Type must be {' or '.join(soap.ACCEPTED_TYPES)}")
    if length is None:
        raise soap.NotSoap("there must be a Content-Length")
    if length > longest:
        raise soap.NotSoap(f"it is too large: at most {longest} octets are read, and it has {length}")
    return request.get_data(cache=False)


def soap_answer(body: bytes, status: int = 200, *, headers: Sequence[tuple[str, str]] = ()) -> Response:
    """An envelope that no cache keeps (section 3.2.3.2)."""
    all_headers = [("Content-Type", f"{soap.CONTENT_TYPE}; charset=utf-8"), ("Cache-Control", "no-store"), *headers]
    return RawResponse(body, status, headers=all_headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoapFaults:
    """How an endpoint that reads messages of this kind by SOAP refuses: with a SOAP fault that names the message."""

    kind: str
    unverified: UnverifiedPages

    def answering(self, answer: Callable[[], Response]) -> Response:
        """What `answer` gives, or the fault that says why there is no answer (section 3.2.3.3)."""
        try:
            return answer()
        except soap.NotSoap as refused:
            journal.warning("message by SOAP refused", extra={"kind": self.kind, "reason": str(refused)})
            return soap_answer(soap.fault(f"this is no {self.kind} in a SOAP envelope: {refused}"), 400)
        except UntrustedRequest as refused:
            reference = self.unverified.note(refused, journal)
            return soap_answer(soap.fault(f"the {self.kind} is refused: {refused.fault}, reference {reference}"), 403)
        except TooManyRequests:
            journal.warning("message by SOAP refused", extra={"kind": self.kind, "reason": "too many forged ones"})
            return soap_answer(soap.fault(f"too many {self.kind}s: wait"), 429, headers=[("Retry-After", "1")])
