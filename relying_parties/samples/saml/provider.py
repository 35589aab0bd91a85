"""Sends SAML requests to the identity provider, and checks its messages."""

import binascii
import secrets
import time
import zlib
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Request
from lxml import etree
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants
from onelogin.saml2.errors import OneLogin_Saml2_Error
from onelogin.saml2.errors import OneLogin_Saml2_ValidationError as Fault
from onelogin.saml2.logout_request import OneLogin_Saml2_Logout_Request
from onelogin.saml2.logout_response import OneLogin_Saml2_Logout_Response
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

from relying_parties.samples.configuration import SamlConfiguration
from relying_parties.samples.one_time_store import OneTimeStore
from relying_parties.samples.saml.identity import AssertedIdentity, identity_in, query
from relying_parties.samples.saml.keys import KeyPair
from relying_parties.samples.saml.problems import LOGOUT_HEADING, Malformed, Replayed, UnknownAnswer, Untrusted
from relying_parties.samples.saml.provider_metadata import ProviderMetadata, PublishedMetadata
from relying_parties.samples.saml.response import SignedByAnUnknownKey, parse, verify
from relying_parties.samples.saml.service_provider import CONSUMER, LOGOUT, auth_at, request_data_of, settings_of

AWAITED_SECONDS = 30 * 60
OLDEST_SECONDS = 5 * 60
CLOCK_SKEW_SECONDS = 2 * 60
LARGEST_MESSAGE = 64_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthnRequest:
    """A request: the address that carries it, and the values that the answer must repeat."""

    address: str
    request_id: str
    relay_state: str  # random, and not an address, so that it cannot redirect anywhere


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutRequest:
    """A LogoutRequest of the identity provider; `response_address` carries our LogoutResponse."""

    name_id: str
    session_indexes: tuple[str, ...]
    response_address: str

    def concerns(self, identity: Any) -> bool:
        """Core 3.7.3.1: the named sessions of this person; all of them when none is named."""
        is_named = not self.session_indexes or identity.session_index in self.session_indexes
        return bool(is_named and identity.name_id.value == self.name_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutResponse:
    """The identity provider's answer to our LogoutRequest."""

    everywhere: bool
    codes: tuple[str, ...]


class IdentityProvider:
    """Begins and finishes logins and logouts, with python3-saml."""

    def __init__(self, configuration: SamlConfiguration, keys: KeyPair) -> None:
        self._configuration = configuration
        self._keys = keys
        self._metadata = ProviderMetadata(configuration.metadata_url, fingerprint=configuration.fingerprint)
        self._awaited: OneTimeStore[str] = OneTimeStore()  # the RelayState of a request, by its ID
        self._answered: OneTimeStore[None] = OneTimeStore()
        self._assertions: OneTimeStore[None] = OneTimeStore()

    def fetch_metadata(self) -> None:
        """Fetch the identity provider's metadata now rather than at the first login.

        Raises:
            SignInError: it is not available yet. The first login will try again.
        """
        self._metadata.current()

    def begin(self) -> AuthnRequest:
        """Profiles 4.1.4.1: a signed AuthnRequest, carried by a redirect."""
        auth = self._auth(self._metadata.current(), CONSUMER)
        relay_state = secrets.token_urlsafe(24)
        address = auth.login(return_to=relay_state)
        authn_request = AuthnRequest(address=address, request_id=auth.get_last_request_id(), relay_state=relay_state)
        self._awaited.add(authn_request.request_id, relay_state, seconds=AWAITED_SECONDS)
        return authn_request

    def finish(self, posted: str, relay_state: str) -> tuple[AssertedIdentity, str]:
        """The person in a posted Response, and the ID of the request. Each request is answered once.

        Raises:
            SignInError: the login failed.
        """
        return self._with_present_keys(lambda published: self._finish(published, posted, relay_state))

    def _finish(self, published: PublishedMetadata, posted: str, relay_state: str) -> tuple[AssertedIdentity, str]:
        auth = self._auth(published, CONSUMER)
        response = parse(auth.get_settings(), posted)
        verify(response, auth, request_data_of(self._configuration, CONSUMER), self._is_awaited)
        request_id = response.get_in_response_to()
        good_for = (response.get_assertion_not_on_or_after() or 0) - time.time() + CLOCK_SKEW_SECONDS
        if not self._assertions.add(response.get_assertion_id(), None, seconds=max(good_for, AWAITED_SECONDS)):
            raise Replayed  # Profiles 4.1.4.5
        expected = self._awaited.take(request_id)
        self._answered.add(request_id, None, seconds=AWAITED_SECONDS)
        if expected is None or not secrets.compare_digest(expected.encode(), relay_state.encode()):
            raise UnknownAnswer
        return identity_in(response), request_id

    def _is_awaited(self, request_id: str) -> bool:
        if self._answered.has(request_id):
            raise Replayed
        return self._awaited.has(request_id)

    def begin_logout(self, identity: AssertedIdentity) -> AuthnRequest | None:
        """Core 3.7.1: a LogoutRequest, carried by a redirect; None when the identity provider accepts none."""
        auth = self._auth(self._metadata.current(), LOGOUT)
        if auth.get_slo_url() is None:
            return None
        relay_state = secrets.token_urlsafe(24)
        address = auth.logout(
            return_to=relay_state,
            name_id=identity.name_id.value,
            name_id_format=identity.name_id.format,
            nq=identity.name_id.name_qualifier,
            spnq=identity.name_id.sp_name_qualifier,
            session_index=identity.session_index,
        )
        return AuthnRequest(address=address, request_id=auth.get_last_request_id(), relay_state=relay_state)

    def read_logout_request(self, request: Request) -> LogoutRequest:
        """Core 3.7.3.2: the identity provider's LogoutRequest, carried by a redirect.

        Raises:
            SignInError: it is refused.
        """
        xml = _inflated(request, "SAMLRequest")
        return self._with_present_keys(lambda published: self._logout_request(published, request, xml))

    def _logout_request(self, published: PublishedMetadata, request: Request, xml: bytes) -> LogoutRequest:
        auth = self._auth(published, LOGOUT, request)
        if not auth.validate_request_signature(dict(request.args)):
            raise SignedByAnUnknownKey(heading=LOGOUT_HEADING)
        message = OneLogin_Saml2_Logout_Request(auth.get_settings(), request.args["SAMLRequest"])
        with _logout_faults():
            message.is_valid(request_data_of(self._configuration, LOGOUT, request), raise_exceptions=True)
            root = OneLogin_Saml2_XML.to_etree(xml)
            self._check_sender_destination_and_age(root, published)
            name_id = message.get_nameid(xml, self._keys.private_key)
            indexes = message.get_session_indexes(xml)
        built = OneLogin_Saml2_Logout_Response(auth.get_settings())
        built.build(message.id)
        parameters = {"SAMLResponse": built.get_response()}
        if "RelayState" in request.args:
            parameters["RelayState"] = request.args["RelayState"]
        auth.add_response_signature(parameters, OneLogin_Saml2_Constants.RSA_SHA256)
        return LogoutRequest(
            name_id=name_id,
            session_indexes=tuple(indexes),
            response_address=auth.redirect_to(auth.get_slo_response_url(), parameters),
        )

    def read_logout_response(self, request: Request, sent: AuthnRequest) -> LogoutResponse:
        """The answer to `sent`, the LogoutRequest that this browser carried.

        Raises:
            SignInError: it is refused, or answers another request.
        """
        xml = _inflated(request, "SAMLResponse")
        return self._with_present_keys(lambda published: self._logout_response(published, request, xml, sent))

    def _logout_response(
        self, published: PublishedMetadata, request: Request, xml: bytes, sent: AuthnRequest
    ) -> LogoutResponse:
        auth = self._auth(published, LOGOUT, request)
        if not auth.validate_response_signature(dict(request.args)):
            raise SignedByAnUnknownKey(heading=LOGOUT_HEADING)
        message = OneLogin_Saml2_Logout_Response(auth.get_settings(), request.args["SAMLResponse"])
        request_data = request_data_of(self._configuration, LOGOUT, request)
        with _logout_faults():
            message.is_valid(request_data, sent.request_id, raise_exceptions=True)
            root = OneLogin_Saml2_XML.to_etree(xml)
            self._check_sender_destination_and_age(root, published)
        if message.get_in_response_to() != sent.request_id or request.args.get("RelayState") != sent.relay_state:
            raise UnknownAnswer(heading=LOGOUT_HEADING)
        codes = tuple(query(root, "/samlp:LogoutResponse/samlp:Status//samlp:StatusCode/@Value"))
        return LogoutResponse(everywhere=codes == (OneLogin_Saml2_Constants.STATUS_SUCCESS,), codes=codes)

    def _check_sender_destination_and_age(self, root: Any, published: PublishedMetadata) -> None:
        """Profiles 4.4.4, Bindings 3.4.5.2. python3-saml requires none of the three."""
        if query(root, "./saml:Issuer/text()") != [published.entity_id]:
            raise Fault("The Issuer is not the identity provider.", Fault.WRONG_ISSUER)
        if root.get("Destination") != self._configuration.address + LOGOUT:
            raise Fault(f"Destination is {root.get('Destination')!r}.", Fault.WRONG_DESTINATION)
        age = time.time() - OneLogin_Saml2_Utils.parse_SAML_to_time(root.get("IssueInstant"))
        if not -CLOCK_SKEW_SECONDS <= age <= OLDEST_SECONDS:
            raise Fault(f"IssueInstant is {root.get('IssueInstant')}.", Fault.RESPONSE_EXPIRED)

    def _auth(self, published: PublishedMetadata, path: str, request: Request | None = None) -> OneLogin_Saml2_Auth:
        return auth_at(settings_of(self._configuration, self._keys, published), self._configuration, path, request)

    def _with_present_keys(self, read: Callable[[PublishedMetadata], T]) -> T:
        """The result of `read` with the known metadata, or with newly fetched metadata after an unknown key."""
        known = self._metadata.current()
        try:
            return read(known)
        except SignedByAnUnknownKey:
            fetched = self._metadata.refetched()
            if fetched.certificates == known.certificates:
                raise
            return read(fetched)


def _inflated(request: Request, name: str) -> bytes:
    """The message in a redirect, of bounded size; python3-saml would inflate any amount."""
    if any(len(request.args.getlist(one)) > 1 for one in request.args):
        raise Malformed("Un paramètre est donné deux fois.", heading=LOGOUT_HEADING)
    try:
        reader = zlib.decompressobj(-15)
        xml = reader.decompress(b64decode(request.args[name], validate=True), LARGEST_MESSAGE)
        if not reader.eof:
            raise Malformed("Le message est tronqué, ou trop long.", heading=LOGOUT_HEADING)
        OneLogin_Saml2_XML.to_etree(xml)
    except (binascii.Error, zlib.error, etree.XMLSyntaxError, ValueError) as wrong:
        raise Malformed(str(wrong), heading=LOGOUT_HEADING) from wrong
    return xml


class _logout_faults:  # noqa: N801 - read as a function: `with _logout_faults():`
    """Turns the exceptions of python3-saml into our own errors."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        match fault:
            case Fault():
                raise Untrusted(str(fault), code=fault.code, heading=LOGOUT_HEADING) from fault
            case OneLogin_Saml2_Error() | etree.Error() | ValueError():
                raise Untrusted(str(fault), heading=LOGOUT_HEADING) from fault
