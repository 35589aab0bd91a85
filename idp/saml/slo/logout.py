"""SAML as a protocol of single logout: what we tell service providers, and how we answer those that ask.

SAML V2.0 Profiles, section 4.4. By SOAP where the service provider has such an
endpoint; else by the person's browser, by HTTP-Redirect rather than by HTTP-POST,
since a redirection needs no script. Everything we send is signed.
"""

import zlib
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lxml import etree

from config.http_client import HttpClient, HttpFailed
from idp.logout.protocol import FrontChannelRequest, LogoutChannel, NotReached
from idp.saml.bindings import soap
from idp.saml.bindings.messages import Parameter, encoded
from idp.saml.errors import Status
from idp.saml.pysaml2.logout_messages import SUCCESS, LogoutRequestData, make_request, make_response
from idp.saml.pysaml2.messages import NameId
from idp.saml.service_providers import is_expired
from idp.saml.sign_encrypt import Protection, encrypt
from idp.saml.slo.reader import LogoutReader, LogoutRequest
from idp.saml.vocabulary import PROTOCOL, SAML, StatusCode, TopStatus
from idp.saml.xmlsec.algorithms import NoCommonAlgorithm
from idp.sessions.session import Participation
from idp.web.protocol_response import FormPost, ProtocolResponse, Redirect
from idp.web.untrusted_request import UntrustedRequest
from relying_parties.addresses import form_action_of
from relying_parties.registry.application import Application
from relying_parties.sp_metadata.service_provider import Binding, Endpoint

FRONT_CHANNEL = (Binding.REDIRECT, Binding.POST)
_PARTIAL = Status(top=TopStatus.SUCCESS, second=StatusCode.PARTIAL_LOGOUT)


class SamlLogout:
    """SAML as single logout knows it (idp/logout/protocol.py)."""

    name = PROTOCOL
    tells_who_asks = False  # Profiles 4.4.3.3: to each participant other than the one that asks

    def __init__(
        self,
        *,
        entity_id: str,
        reader: LogoutReader,
        protection: Protection,
        http_client: HttpClient,
        lifetime: timedelta,
    ) -> None:
        """`lifetime` is how long a request of ours is good (its NotOnOrAfter)."""
        self._entity_id = entity_id
        self._reader = reader
        self._protection = protection
        self._http_client = http_client
        self._lifetime = lifetime

    def way(self, application: Application) -> LogoutChannel:
        """What its metadata offers, while that is in force."""
        if application.saml is None or is_expired(application, datetime.now(UTC)):
            return LogoutChannel.NONE
        if _endpoint(application, Binding.SOAP):
            return LogoutChannel.BACK_CHANNEL
        return LogoutChannel.FRONT_CHANNEL if _endpoint(application, *FRONT_CHANNEL) else LogoutChannel.NONE

    # --- telling ------------------------------------------------------------------------

    def tell(self, application: Application, participation: Participation, *, sid: str) -> bool:  # noqa: ARG002
        """By SOAP, Profiles 4.4.3.3: the connection is verified, the message is signed."""
        endpoint = _endpoint(application, Binding.SOAP)
        assert endpoint is not None  # noqa: S101 - `way` has said so
        request = self._request(application, participation, endpoint.location)
        self._protection.sign(application, request)
        try:
            answer = self._http_client.post(
                endpoint.location,
                soap.wrap_in_envelope(request),
                content_type=f"{soap.CONTENT_TYPE}; charset=utf-8",
                headers={"SOAPAction": f'"{soap.ACTION}"'},
            )
        except HttpFailed as failure:
            raise NotReached(str(failure)) from failure
        if answer.status != 200:  # Bindings 3.2.3.3: a SOAP fault is a 500
            raise NotReached(f"it answered {answer.status}")
        over_tls = endpoint.location.startswith("https:")
        try:
            return self._reader.response_by_soap(
                answer.body, application, to=request.get("ID") or "", over_tls=over_tls
            )
        except (soap.NotSoap, UntrustedRequest) as refused:
            raise NotReached(f"its answer is refused: {refused}") from refused

    def ask(self, application: Application, participation: Participation, *, relay_state: str) -> FrontChannelRequest:
        """By the browser, Profiles 4.4.3.2."""
        endpoint = _endpoint(application, *FRONT_CHANNEL)
        assert endpoint is not None  # noqa: S101 - `way` has said so
        request = self._request(application, participation, endpoint.location)
        departure = self._by_browser(application, request, Parameter.REQUEST, endpoint, endpoint.location, relay_state)
        return FrontChannelRequest(message_id=request.get("ID") or "", departure=departure)

    def _request(self, application: Application, participation: Participation, destination: str) -> etree._Element:
        """Core 3.7.1: what names the person and the session is what this service provider was given."""
        now, detail = datetime.now(UTC), participation.detail
        request = make_request(
            LogoutRequestData(
                issuer=self._entity_id,
                destination=destination,
                name_id=NameId(
                    value=detail["name_id"],
                    format=detail.get("name_id_format"),
                    name_qualifier=self._entity_id if detail.get("sp_name_qualifier") else None,  # as it was given
                    sp_name_qualifier=detail.get("sp_name_qualifier"),
                ),
                session_indexes=[detail["session_index"]],
                made_at=now,
                valid_until=now + self._lifetime,
            )
        )
        if application.saml_sp.encrypt_name_id:
            _encrypt_name_id(request, application)
        return request

    # --- answering ----------------------------------------------------------------------

    def answer(
        self, application: Application | None, reply: Mapping[str, Any], *, complete: bool
    ) -> ProtocolResponse | None:
        """The LogoutResponse to whoever asked, Profiles 4.4.3.5; None when its metadata has nowhere to send it."""
        if application is None or application.saml is None:
            return None
        return self._response_by_browser(application, reply, SUCCESS if complete else _PARTIAL)

    def refusal(self, request: LogoutRequest, status: Status) -> ProtocolResponse | None:
        """A LogoutResponse that says no."""
        return self._response_by_browser(request.application, reply_parameters(request), status)

    def answer_by_soap(self, request: LogoutRequest, status: Status) -> bytes:
        """The LogoutResponse in its envelope: Bindings, section 3.2."""
        response = self._response(request.identifier, None, status)
        self._protection.sign(request.application, response)
        return soap.wrap_in_envelope(response)

    def outcome(self, *, complete: bool) -> Status:
        """Core 3.7.3.2: whether every session participant was told."""
        return SUCCESS if complete else _PARTIAL

    def _response_by_browser(
        self, application: Application, reply: Mapping[str, Any], status: Status
    ) -> ProtocolResponse | None:
        """By the binding that the request came by where there is one, else by the other."""
        came_by = Binding(reply["binding"])
        endpoint = _endpoint(application, came_by, *FRONT_CHANNEL)
        if endpoint is None or endpoint.binding not in FRONT_CHANNEL:
            return None
        address = endpoint.response_location or endpoint.location
        response = self._response(reply["id"], address, status)
        return self._by_browser(application, response, Parameter.RESPONSE, endpoint, address, reply["relay_state"])

    def _response(self, in_response_to: str, destination: str | None, status: Status) -> etree._Element:
        return make_response(
            issuer=self._entity_id,
            destination=destination,
            in_response_to=in_response_to,
            status=status,
            made_at=datetime.now(UTC),
        )

    # --- signed and carried ---------------------------------------------------------------

    def _by_browser(
        self,
        application: Application,
        message: etree._Element,
        parameter: Parameter,
        endpoint: Endpoint,
        address: str,
        relay_state: str | None,
    ) -> ProtocolResponse:
        """By HTTP-Redirect the query is signed (Bindings 3.4.4.1), by HTTP-POST the message (3.5.4.1)."""
        if endpoint.binding is Binding.REDIRECT:
            parameters = {
                parameter.value: b64encode(_deflated(etree.tostring(message, encoding="utf-8"))).decode("ascii")
            }
            if relay_state:
                parameters["RelayState"] = relay_state
            query = self._protection.signed_query(application, parameters)
            return Redirect(url=f"{address}{'&' if '?' in address else '?'}{query}")
        self._protection.sign(application, message)
        fields: list[tuple[str, str]] = [
            (parameter.value, encoded(etree.tostring(message, encoding="utf-8", xml_declaration=False)))
        ]
        if relay_state:
            fields.append(("RelayState", relay_state))
        return FormPost(
            action=address,
            fields=tuple(fields),
            origins=(form_action_of(address), *application.saml_sp.form_action_origins),
        )


def reply_parameters(request: LogoutRequest) -> Mapping[str, Any]:
    """What must be kept of a request to answer it once all is done."""
    return {"id": request.identifier, "binding": request.binding.value, "relay_state": request.relay_state}


def _endpoint(application: Application, *bindings: Binding) -> Endpoint | None:
    """The first of these bindings that its metadata offers."""
    offered = application.saml_sp.service_provider.single_logout_services
    return next((each for binding in bindings for each in offered if each.binding is binding), None)


def _encrypt_name_id(request: etree._Element, application: Application) -> None:
    """Core 2.2.4. Without a key that we can use nothing is told in clear: the application counts as not told."""
    name_id = request.find(f"{SAML}NameID")
    assert name_id is not None  # noqa: S101 - it has just been made
    try:
        encrypt(name_id, application.saml_sp)
    except NoCommonAlgorithm:
        raise NotReached("its metadata has no key that a NameID can be encrypted for") from None


def _deflated(octets: bytes) -> bytes:
    """RFC 1951."""
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(octets) + deflater.flush()
