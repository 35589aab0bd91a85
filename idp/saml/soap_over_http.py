"""SOAP messages as HTTP carries them: SAML V2.0 Bindings, section 3.2.3."""

from collections.abc import Sequence

from flask import Response, request

from config.web.responses import CompleteResponse
from idp.saml import soap


def soap_body() -> bytes:
    """What was posted, once it is known not to be too long.

    Raises:
        soap.NotSoap
    """
    length, longest = request.content_length, request.max_content_length or 0  # as every request here
    if length is None or length > longest or request.mimetype != soap.CONTENT_TYPE:
        raise soap.NotSoap("no text/xml of a length that is read")
    return request.get_data(cache=False)


def soap_answer(body: bytes, status: int = 200, *, headers: Sequence[tuple[str, str]] = ()) -> Response:
    """An envelope that no cache keeps (section 3.2.3.2)."""
    said = [("Content-Type", f"{soap.CONTENT_TYPE}; charset=utf-8"), ("Cache-Control", "no-store"), *headers]
    return CompleteResponse(body, status, headers=said)
