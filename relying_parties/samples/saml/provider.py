"""The identity provider as this application knows it: begin a login, finish one, log out, be told who has left."""

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
from relying_parties.samples.kept_once import KeptOnce
from relying_parties.samples.saml import answer
from relying_parties.samples.saml.identity import AssertedIdentity, identity_in, query
from relying_parties.samples.saml.keys import KeyPair
from relying_parties.samples.saml.problems import LEAVING, Malformed, Replayed, UnknownAnswer, Untrusted
from relying_parties.samples.saml.provider_metadata import ProviderMetadata, Published
from relying_parties.samples.saml.service_provider import ANSWERS, LOGOUT, arrived_at, auth_at, settings_of

AWAITED_SECONDS = 30 * 60
OLDEST_SECONDS = 5 * 60
CLOCK_SKEW_SECONDS = 2 * 60
LARGEST_MESSAGE = 64_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthnRequest:
    """A request on its way: where the browser takes it, and what must come back."""

    address: str
    request_id: str
    relay_state: str  # a random name and no address: there is nothing to be led to by it


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutRequest:
    """Someone the identity provider says has left, and the answer it awaits."""

    name_id: str
    session_indexes: tuple[str, ...]
    answer_address: str

    def names(self, identity: Any) -> bool:
        """Core 3.7.3.1: of this person, the sessions that are named; all of them when none is."""
        mine = not self.session_indexes or identity.session_index in self.session_indexes
        return bool(mine and identity.name_id.value == self.name_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutResponse:
    """What the identity provider says of a logout that we asked for."""

    everywhere: bool
    codes: tuple[str, ...]


class IdentityProvider:
    """Speaks by redirects and reads by POST, with python3-saml."""

    def __init__(self, configuration: SamlConfiguration, keys: KeyPair) -> None:
        self._configuration = configuration
        self._keys = keys
        self._metadata = ProviderMetadata(configuration.metadata_url, fingerprint=configuration.fingerprint)
        self._awaited: KeptOnce[str] = KeptOnce()
        self._answered: KeptOnce[None] = KeptOnce()
        self._seen: KeptOnce[None] = KeptOnce()  # assertions

    def get_ready(self) -> None:
        """Read its metadata now rather than at the first login.

        Raises:
            SignInError: it cannot be read yet, which the first login will say to whoever asks for it.
        """
        self._metadata.current()

    def begin(self) -> AuthnRequest:
        """Profiles 4.1.4.1: the redirect that carries the person to the identity provider, signed."""
        auth = self._auth(self._metadata.current(), ANSWERS)
        relay_state = secrets.token_urlsafe(24)
        address = auth.login(return_to=relay_state)
        asked = AuthnRequest(address=address, request_id=auth.get_last_request_id(), relay_state=relay_state)
        self._awaited.add(asked.request_id, relay_state, seconds=AWAITED_SECONDS)
        return asked

    def finish(self, posted: str, relay_state: str) -> tuple[AssertedIdentity, str]:
        """Who came back, and the request that asked for them; each request is answered once.

        Raises:
            SignInError: nobody did, and why.
        """
        return self._with_known_keys(lambda published: self._finished(published, posted, relay_state))

    def _finished(self, published: Published, posted: str, relay_state: str) -> tuple[AssertedIdentity, str]:
        auth = self._auth(published, ANSWERS)
        response = answer.opened(auth.get_settings(), posted)
        facts = arrived_at(self._configuration, ANSWERS)
        answer.verify(response, auth, facts, self._is_awaited)
        request_id = response.get_in_response_to()
        good_for = (response.get_assertion_not_on_or_after() or 0) - time.time() + CLOCK_SKEW_SECONDS
        if not self._seen.add(response.get_assertion_id(), None, seconds=max(good_for, AWAITED_SECONDS)):
            raise Replayed  # Profiles 4.1.4.5
        expected = self._awaited.take(request_id)
        self._answered.add(request_id, None, seconds=AWAITED_SECONDS)
        if expected is None or not secrets.compare_digest(expected.encode(), relay_state.encode()):
            raise UnknownAnswer
        return identity_in(response), request_id

    def _is_awaited(self, request_id: str) -> bool:
        if self._answered.holds(request_id):
            raise Replayed
        return self._awaited.holds(request_id)

    def leave(self, identity: AssertedIdentity) -> AuthnRequest | None:
        """Core 3.7.1: the redirect that ends the session there and everywhere; None when it takes no such request."""
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

    def read_leaving(self, request: Request) -> LogoutRequest:
        """Core 3.7.3.2: the identity provider's own LogoutRequest, by redirect.

        Raises:
            SignInError: it is not to be believed.
        """
        xml = _inflated(request, "SAMLRequest")
        return self._with_known_keys(lambda published: self._leaving(published, request, xml))

    def _leaving(self, published: Published, request: Request, xml: bytes) -> LogoutRequest:
        auth = self._auth(published, LOGOUT, request)
        if not auth.validate_request_signature(dict(request.args)):
            raise answer.SignedByAnUnknownKey(heading=LEAVING)
        message = OneLogin_Saml2_Logout_Request(auth.get_settings(), request.args["SAMLRequest"])
        with _logout_faults():
            message.is_valid(arrived_at(self._configuration, LOGOUT, request), raise_exceptions=True)
            root = OneLogin_Saml2_XML.to_etree(xml)
            self._see_that_it_is_for_us_and_of_now(root, published)
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
            answer_address=auth.redirect_to(auth.get_slo_response_url(), parameters),
        )

    def read_left(self, request: Request, asked: AuthnRequest) -> LogoutResponse:
        """The answer to the LogoutRequest that this browser carried.

        Raises:
            SignInError: it is not to be believed, or not an answer to that request.
        """
        xml = _inflated(request, "SAMLResponse")
        return self._with_known_keys(lambda published: self._left(published, request, xml, asked))

    def _left(self, published: Published, request: Request, xml: bytes, asked: AuthnRequest) -> LogoutResponse:
        auth = self._auth(published, LOGOUT, request)
        if not auth.validate_response_signature(dict(request.args)):
            raise answer.SignedByAnUnknownKey(heading=LEAVING)
        message = OneLogin_Saml2_Logout_Response(auth.get_settings(), request.args["SAMLResponse"])
        with _logout_faults():
            message.is_valid(arrived_at(self._configuration, LOGOUT, request), asked.request_id, raise_exceptions=True)
            root = OneLogin_Saml2_XML.to_etree(xml)
            self._see_that_it_is_for_us_and_of_now(root, published)
        if message.get_in_response_to() != asked.request_id or request.args.get("RelayState") != asked.relay_state:
            raise UnknownAnswer(heading=LEAVING)
        codes = tuple(query(root, "/samlp:LogoutResponse/samlp:Status//samlp:StatusCode/@Value"))
        return LogoutResponse(everywhere=codes == (OneLogin_Saml2_Constants.STATUS_SUCCESS,), codes=codes)

    def _see_that_it_is_for_us_and_of_now(self, root: Any, published: Published) -> None:
        """Profiles 4.4.4, Bindings 3.4.5.2: it says who sends it, where and when, which python3-saml does not ask."""
        if query(root, "./saml:Issuer/text()") != [published.entity_id]:
            raise Fault("The Issuer is not the identity provider.", Fault.WRONG_ISSUER)
        if root.get("Destination") != self._configuration.address + LOGOUT:
            raise Fault(f"Destination is {root.get('Destination')!r}.", Fault.WRONG_DESTINATION)
        age = time.time() - OneLogin_Saml2_Utils.parse_SAML_to_time(root.get("IssueInstant"))
        if not -CLOCK_SKEW_SECONDS <= age <= OLDEST_SECONDS:
            raise Fault(f"IssueInstant is {root.get('IssueInstant')}.", Fault.RESPONSE_EXPIRED)

    def _auth(self, published: Published, path: str, request: Request | None = None) -> OneLogin_Saml2_Auth:
        return auth_at(settings_of(self._configuration, self._keys, published), self._configuration, path, request)

    def _with_known_keys(self, read: Callable[[Published], T]) -> T:
        """What `read` makes of it with the keys we know, or else with those that are published now."""
        known = self._metadata.current()
        try:
            return read(known)
        except answer.SignedByAnUnknownKey:
            anew = self._metadata.anew()
            if anew.certificates == known.certificates:
                raise
            return read(anew)


def _inflated(request: Request, name: str) -> bytes:
    """The message of a redirect, of bounded size; python3-saml would inflate whatever it is given."""
    if any(len(request.args.getlist(one)) > 1 for one in request.args):
        raise Malformed("Un paramètre est donné deux fois.", heading=LEAVING)
    try:
        reader = zlib.decompressobj(-15)
        xml = reader.decompress(b64decode(request.args[name], validate=True), LARGEST_MESSAGE)
        if not reader.eof:
            raise Malformed("Le message est tronqué, ou trop long.", heading=LEAVING)
        OneLogin_Saml2_XML.to_etree(xml)
    except (binascii.Error, zlib.error, etree.XMLSyntaxError, ValueError) as wrong:
        raise Malformed(str(wrong), heading=LEAVING) from wrong
    return xml


class _logout_faults:  # noqa: N801 - read as a function: `with _logout_faults():`
    """Turns what python3-saml raises into our own problem."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        match fault:
            case Fault():
                raise Untrusted(str(fault), code=fault.code, heading=LEAVING) from fault
            case OneLogin_Saml2_Error() | etree.Error() | ValueError():
                raise Untrusted(str(fault), heading=LEAVING) from fault
