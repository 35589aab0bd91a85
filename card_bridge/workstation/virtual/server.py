"""The server of a virtual kit, on 127.0.0.1: the authority's lists and OCSP answers, and the page that moves cards.

The page changes which card is in the reader, and answers the questions of a bridge that can show no window. A request
that changes something must come from the page itself.
"""

import base64
import binascii
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.serialization import Encoding
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, MethodNotAllowed, MisdirectedRequest, NotFound
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from card_bridge.workstation.virtual.authority import revoked_serial_numbers
from card_bridge.workstation.virtual.kit import Kit
from card_bridge.workstation.virtual.page import kit_page
from card_bridge.workstation.virtual.personas import NoSuchPersona, persona_named
from card_bridge.workstation.virtual.profile import Issuer
from card_bridge.workstation.virtual.questions import Answer, Questions
from card_bridge.workstation.virtual.revocation import ocsp_answer, revocation_list

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LARGEST_REQUEST: Final = 4096  # octets


class KitApp:
    """The WSGI application.

    Args:
        port: where it is served, which the Host and Origin of requests must name.
        further: how many more serial numbers the revocation list of persons has, to give it a real size.
    """

    def __init__(self, kit: Kit, *, port: int, further: int = 0) -> None:
        self._kit = kit
        self._further = further
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._files = dict(self._published())

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = LARGEST_REQUEST
        try:
            response = self._answer(request)
        except HTTPException as refused:
            response = Response(f"{refused.name}\n", status=refused.code, content_type="text/plain; charset=utf-8")
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.host not in self._hosts:
            raise MisdirectedRequest
        if request.path == "/ocsp" or request.path.startswith("/ocsp/"):
            return self._ocsp(request)
        if request.method == "POST":
            return self._change(request)
        if request.method != "GET":
            raise MethodNotAllowed
        if request.path == "/":
            return kit_page(self._kit, request)
        if (published := self._files.get(request.path)) is None:
            raise NotFound
        make, kind = published
        return Response(make(), content_type=kind)

    def _published(self) -> Iterable[tuple[str, tuple[Callable[[], bytes], str]]]:
        """The revocation list and the certificate of each authority, by their path."""
        for issuer in (Issuer.FORT, Issuer.STANDARD):
            for is_root in (False, True):
                name = self._kit.authority.list_name(issuer, is_root=is_root)
                yield f"/CRL/{name}.crl", (self._list_maker(issuer, is_root=is_root), "application/pkix-crl")
                yield f"/AC/{name}.cer", (self._certificate_maker(issuer, is_root=is_root), "application/pkix-cert")

    def _list_maker(self, issuer: Issuer, *, is_root: bool) -> Callable[[], bytes]:
        def make() -> bytes:
            return revocation_list(
                self._kit.authority,
                issuer,
                revoked=() if is_root else revoked_serial_numbers(),
                now=datetime.now(UTC),
                is_root=is_root,
                further=0 if is_root else self._further,
            )

        return make

    def _certificate_maker(self, issuer: Issuer, *, is_root: bool) -> Callable[[], bytes]:
        def make() -> bytes:
            authority = self._kit.authority
            signer = authority.root(issuer) if is_root else authority.intermediate(issuer)
            return signer.certificate.public_bytes(Encoding.DER)

        return make

    def _ocsp(self, request: Request) -> Response:
        """RFC 6960 appendix A.1: the request is the body of a POST, or base64 in the path of a GET."""
        if request.method == "POST":
            asked = request.get_data()
        else:
            try:
                asked = base64.b64decode(request.path.removeprefix("/ocsp/"), validate=True)
            except (binascii.Error, ValueError):
                raise BadRequest from None
        answer = ocsp_answer(
            self._kit.authority, asked, revoked=revoked_serial_numbers(), now=datetime.now(UTC).replace(microsecond=0)
        )
        return Response(answer, content_type="application/ocsp-response")

    def _change(self, request: Request) -> Response:
        """Insert a card, pull it, give every card its tries back, or answer the bridge's question."""
        if request.headers.get("Origin") not in {f"http://{host}" for host in self._hosts}:
            raise Forbidden
        match request.path:
            case "/insert":
                try:
                    self._kit.insert(persona_named(request.form.get("persona", "")))
                except NoSuchPersona:
                    raise BadRequest from None
            case "/pull":
                self._kit.pull()
            case "/renew-tries":
                self._kit.renew_tries()
            case "/answer":
                try:
                    Questions(self._kit).answer(Answer(request.form.get("answer", "")), to=request.form.get("to", ""))
                except ValueError:
                    raise BadRequest from None
            case _:
                raise NotFound
        return redirect(f"/?lang={request.form['lang']}" if request.form.get("lang") in ("fr", "en") else "/", code=303)
