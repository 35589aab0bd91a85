"""The listener of the TLS door: what nginx calls on the host names below `card_tls_domain`.

nginx has asked the browser for a certificate, and passes it in header fields. Those fields are believed because they
come over a Unix socket that only the proxy can open; the public listener of the identity provider does not know them.
The listener shows nothing and logs nobody in: it keeps the certificate for the browser's return, and leads back to our
own origin, where the certificate is verified.

GET /card/tls/<ticket>    303 to /login/<pending>/card/return
"""

import re
import ssl
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from card_bridge.verification.hand_offs import Door, HandOffs, tls_label

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

VERIFIED: Final = "X-Card-Verified"
"""`$ssl_client_verify`: SUCCESS when a chain leads to an authority that nginx asked for."""
CERTIFICATE: Final = "X-Card-Certificate"
"""`$ssl_client_escaped_cert`: the certificate in PEM, percent-encoded."""

_PATH: Final = re.compile(r"/card/tls/([A-Za-z0-9_-]{43})")
_LONGEST_PEM: Final = 8_192  # characters; 4,096 octets have 5,600


def tls_listener(hand_offs: HandOffs, *, issuer: str, domain: str) -> "WSGIApplication":
    """The WSGI application. `domain` is `card_tls_domain`, `issuer` the origin of the identity provider."""

    def answer(request: Request) -> Response:
        found = _PATH.fullmatch(request.path)
        token = found.group(1) if found else ""
        if not found or _name(request.host) != f"{tls_label(token)}.{_name(domain)}":
            return _response(404)
        if request.method != "GET":
            return _response(405)
        if request.headers.get("Sec-Purpose", "").startswith("prefetch"):
            return _response(503)
        ticket = hand_offs.find(token, Door.TLS)
        if ticket is None:
            return _response(303, f"{issuer}/")
        der = _certificate(request)
        if der is None:
            return _response(303, issuer + ticket.return_path)
        back = hand_offs.take_certificate(token, der)
        return _response(303, issuer + (back or "/"))

    return Request.application(answer)


def _name(host: str) -> str:
    """Without its port."""
    return host.partition(":")[0]


def _certificate(request: Request) -> bytes | None:
    """The certificate in DER that the browser has shown; None if it showed none of a card."""
    pem = request.headers.get(CERTIFICATE, "")
    if request.headers.get(VERIFIED) != "SUCCESS" or not 0 < len(pem) <= _LONGEST_PEM:
        return None
    try:
        return ssl.PEM_cert_to_DER_cert(unquote(pem, "ascii", "strict").strip())
    except ValueError:
        return None


def _response(status: int, address: str | None = None) -> Response:
    response = Response(status=status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if address is not None:
        response.headers["Location"] = address
    return response
