"""SAML in single logout: the LogoutRequests that we send, and the LogoutResponses to service providers.

SAML V2.0 Profiles, section 4.4. Messages go by SOAP if the service provider has a SOAP endpoint, otherwise by the
browser, preferably by HTTP-Redirect, which needs no script. Every message is signed.
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
from idp.sessions.participation import Participation
from idp.web.protocol_response import FormPost, ProtocolResponse, Redirect
from idp.web.untrusted_request import UntrustedRequest
from relying_parties.addresses import form_action_of
from relying_parties.registry.application import Application
from relying_parties.sp_metadata.service_provider import Binding, Endpoint

FRONT_CHANNEL = (Binding.REDIRECT, Binding.POST)
_PARTIAL = Status(top=TopStatus.SUCCESS, second=StatusCode.PARTIAL_LOGOUT)


class SamlLogout:
    """SAML as a protocol of single logout (idp/logout/protocol.py)."""

    name = PROTOCOL
    notifies_initiator = False  # Profiles 4.4.3.3: each participant except the one that requested the logout

    def __init__(
        self,
        *,
        entity_id: str,
        reader: LogoutReader,
        protection: Protection,
        http_client: HttpClient,
        lifetime: timedelta,
    ) -> None:
        """`lifetime`: how long our LogoutRequests are valid (NotOnOrAfter)."""
        self._entity_id = entity_id
        self._reader = reader
        self._protection = protection
        self._http_client = http_client
        self._lifetime = lifetime

    def channel(self, application: Application) -> LogoutChannel:
        """The channel that the metadata of the application offer, unless they have expired."""
        if application.saml is None or is_expired(application, datetime.now(UTC)):
            return LogoutChannel.NONE
        if _endpoint(application, Binding.SOAP):
            return LogoutChannel.BACK_CHANNEL
        return LogoutChannel.FRONT_CHANNEL if _endpoint(application, *FRONT_CHANNEL) else LogoutChannel.NONE

    # --- requests -----------------------------------------------------------------------

    def notify(self, application: Application, participation: Participation, *, sid: str) -> bool:  # noqa: ARG002
        """Send a LogoutRequest by SOAP (Profiles 4.4.3.3); return whether the application confirms.

        Raises:
            NotReached: the application does not answer, or its answer is refused.
        """
        endpoint = _endpoint(application, Binding.SOAP)
        assert endpoint is not None  # noqa: S101 - `channel` found it
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
            raise NotReached(f"the answer has the status {answer.status}")
        over_tls = endpoint.location.startswith("https:")
        try:
            return self._reader.response_by_soap(
                answer.body, application, to=request.get("ID") or "", over_tls=over_tls
            )
        except (soap.NotSoap, UntrustedRequest) as refused:
            raise NotReached(f"the answer is refused: {refused}") from refused

    def front_channel_request(
        self, application: Application, participation: Participation, *, relay_state: str
    ) -> FrontChannelRequest:
        """A LogoutRequest for the browser to carry: Profiles 4.4.3.2."""
        endpoint = _endpoint(application, *FRONT_CHANNEL)
        assert endpoint is not None  # noqa: S101 - `channel` found it
        request = self._request(application, participation, endpoint.location)
        response = self._by_browser(application, request, Parameter.REQUEST, endpoint, endpoint.location, relay_state)
        return FrontChannelRequest(message_id=request.get("ID") or "", response=response)

    def _request(self, application: Application, participation: Participation, destination: str) -> etree._Element:
        """A LogoutRequest with the NameID and SessionIndex that this service provider was given: Core 3.7.1."""
        now, detail = datetime.now(UTC), participation.detail
        request = make_request(
            LogoutRequestData(
                issuer=self._entity_id,
                destination=destination,
                name_id=NameId(
                    value=detail["name_id"],
                    format=detail.get("name_id_format"),
                    name_qualifier=self._entity_id if detail.get("sp_name_qualifier") else None,  # as in the assertion
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

    # --- responses ----------------------------------------------------------------------

    def answer(
        self, application: Application | None, reply: Mapping[str, Any], *, complete: bool
    ) -> ProtocolResponse | None:
        """The LogoutResponse to the requester (Profiles 4.4.3.5); None if its metadata have no endpoint for it."""
        if application is None or application.saml is None:
            return None
        return self._response_by_browser(application, reply, SUCCESS if complete else _PARTIAL)

    def refusal(self, request: LogoutRequest, status: Status) -> ProtocolResponse | None:
        """A LogoutResponse with a status of refusal; None if the metadata have no endpoint for it."""
        return self._response_by_browser(request.application, reply_parameters(request), status)

    def answer_by_soap(self, request: LogoutRequest, status: Status) -> bytes:
        """The signed LogoutResponse in an envelope: Bindings, section 3.2."""
        response = self._response(request.identifier, None, status)
        self._protection.sign(request.application, response)
        return soap.wrap_in_envelope(response)

    def outcome(self, *, complete: bool) -> Status:
        """The status that says whether every session participant has confirmed: Core 3.7.3.2."""
        return SUCCESS if complete else _PARTIAL

    def _response_by_browser(
        self, application: Application, reply: Mapping[str, Any], status: Status
    ) -> ProtocolResponse | None:
        """The LogoutResponse by the binding of the request if the metadata offer it, otherwise by another one."""
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

    # --- the browser ----------------------------------------------------------------------

    def _by_browser(
        self,
        application: Application,
        message: etree._Element,
        parameter: Parameter,
        endpoint: Endpoint,
        address: str,
        relay_state: str | None,
    ) -> ProtocolResponse:
        """The message for the browser. HTTP-Redirect signs the query (Bindings 3.4.4.1), HTTP-POST the message."""
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
    """The parameters of a request that its LogoutResponse needs."""
    return {"id": request.identifier, "binding": request.binding.value, "relay_state": request.relay_state}


def _endpoint(application: Application, *bindings: Binding) -> Endpoint | None:
    """The single logout service with the first of these bindings that the metadata offer."""
    offered = application.saml_sp.service_provider.single_logout_services
    return next((each for binding in bindings for each in offered if each.binding is binding), None)


def _encrypt_name_id(request: etree._Element, application: Application) -> None:
    """Replace the NameID by an EncryptedID: Core 2.2.4.

    Raises:
        NotReached: the metadata have no usable key. The NameID is not sent in clear.
    """
    name_id = request.find(f"{SAML}NameID")
    assert name_id is not None  # noqa: S101 - `_request` has made it
    try:
        encrypt(name_id, application.saml_sp)
    except NoCommonAlgorithm:
        raise NotReached("its metadata have no key with an algorithm that we support") from None


def _deflated(octets: bytes) -> bytes:
    """The octets compressed by DEFLATE: RFC 1951."""
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(octets) + deflater.flush()
