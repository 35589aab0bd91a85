"""Web browser single sign-on: SAML as a login protocol.

SAML V2.0 Profiles section 4.1.4, Bindings sections 3.5 and 3.6. `authn_request.py` reads requests; this module makes
the Responses.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from config.redis.store import Store, StoreUnavailable, Written
from idp import attribute_release
from idp.login.request import LoginRequest, Refusal, SignIn
from idp.login.requirements import entry_ends_at
from idp.record_kinds import IdpRecord
from idp.saml.artifact.artifacts import Artifacts
from idp.saml.bindings.messages import Parameter, Received, encoded
from idp.saml.errors import Status
from idp.saml.message_checks import replayed
from idp.saml.pysaml2.adapter import SamlProvider
from idp.saml.pysaml2.messages import AssertionData, NameId
from idp.saml.pysaml2.response.template import ResponseText
from idp.saml.sign_encrypt import Protection
from idp.saml.sso.authn_context import class_ref_for
from idp.saml.sso.authn_request import RequestReader
from idp.saml.sso.errors import RefusedAtServiceProvider
from idp.saml.sso.login_request import AuthnRequest, RequestParameters, unrecorded
from idp.saml.sso.name_ids import NameIds
from idp.saml.sso.refusals import ANOTHER_SUBJECT, NO_ENCRYPTION_KEY, NO_IDENTIFIER, REFUSALS
from idp.saml.vocabulary import PROTOCOL
from idp.saml.xmlsec.algorithms import NoCommonAlgorithm
from idp.saml.xmlsec.encryption import serialized
from idp.sessions.participation import Participation
from idp.sessions.session import Session, Sessions
from idp.web.protocol_response import FormPost, ProtocolResponse, Redirect
from relying_parties.addresses import form_action_of
from relying_parties.registration.saml_sp import Encryption, NameIdKind
from relying_parties.sp_metadata.service_provider import Binding


class SamlProtocol:
    """SAML as a login protocol (idp/login/request.py)."""

    name = PROTOCOL

    def __init__(
        self,
        *,
        reader: RequestReader,
        provider: SamlProvider,
        names: NameIds,
        sessions: Sessions,
        store: Store,
        artifacts: Artifacts,
        protection: Protection,
        assertion_lifetime: timedelta,
        login_lifetime: timedelta,
    ) -> None:
        """`login_lifetime`: how long after a request was received its login may still be answered."""
        self._reader = reader
        self._provider = provider
        self._names = names
        self._sessions = sessions
        self._store = store
        self._artifacts = artifacts
        self._protection = protection
        self._lifetime = assertion_lifetime
        self._login_lifetime = login_lifetime

    def read(self, received: Received, received_at: datetime, *, address: str) -> AuthnRequest:
        """Read an AuthnRequest. Replay is checked later, so a refused request may be retried.

        Raises:
            UntrustedRequest: a fault before the assertion consumer service is verified.
            RefusedAtServiceProvider: a fault after that.
        """
        return self._reader.read(received, received_at, address=address)

    def require_new(self, request: AuthnRequest, *, records_use: bool) -> AuthnRequest:
        """The request, for a new login. Its ID is recorded as used now, or without `records_use` with the answer.

        Raises:
            UntrustedRequest: the ID has been used.
        """
        if request.is_used:
            return request
        if not (
            self._reader.is_new(request.parameters) if records_use else not self._reader.is_known(request.parameters)
        ):
            raise replayed(request.parameters.entity_id, request.application)
        return request if records_use else unrecorded(request)

    def unsolicited(self, identifier: str, targets: Sequence[str], received_at: datetime) -> AuthnRequest:
        """A login that starts at the identity provider: Profiles, section 4.1.5.

        Raises:
            UntrustedRequest: the registration does not allow it, or the target is outside the application.
        """
        return self._reader.unsolicited(identifier, targets, received_at)

    def reload(self, serialized: str, received_at: datetime) -> AuthnRequest | None:
        """The request at the end of a login. It was verified when it was received."""
        return self._reader.reload(RequestParameters.read(serialized), received_at)

    def answer(self, request: LoginRequest, sign_in: SignIn) -> ProtocolResponse | None:
        """A Response with an assertion (Profiles, section 4.1.4.2); None if the session has just ended.

        Raises:
            UntrustedRequest: the request has been answered before (section 4.1.4.5).
            RefusedAtServiceProvider: the request cannot be answered for this person or this application.
        """
        assert isinstance(request, AuthnRequest)  # noqa: S101 - what `read` gave
        data = self._assertion_data(request, sign_in)
        self._require_encryption_key(request)
        match self._record(request, sign_in, data):
            case Written.GUARD_MISSING:
                return None
            case Written.DUPLICATE:
                raise replayed(request.parameters.entity_id, request.application)
        response = self._protected(request, self._provider.response(data))
        try:
            return self._protocol_response(request, response, sid=sign_in.session.sid)
        except StoreUnavailable:  # the artifact could not be stored
            self.revoke(request)
            raise

    def session_name(self, request: LoginRequest, session: Session) -> str:
        """The SessionIndex of the assertion."""
        assert isinstance(request, AuthnRequest)  # noqa: S101
        return self._names.session_index(session.sid, request.parameters.entity_id)

    def revoke(self, request: LoginRequest) -> None:
        """The request could not be answered: let it, or the last page of the login, be sent again."""
        assert isinstance(request, AuthnRequest)  # noqa: S101
        if not request.is_used:
            with suppress(StoreUnavailable):  # the ID then stays used, and the person starts again
                self._reader.forget(request.parameters)

    def refuse(self, request: LoginRequest, refusal: Refusal) -> ProtocolResponse:
        """A Response with the status of a refusal: Core, section 3.2.2."""
        assert isinstance(request, AuthnRequest)  # noqa: S101
        return self.refusal(request, REFUSALS[refusal])

    def refusal(self, request: AuthnRequest, status: Status) -> ProtocolResponse:
        """A Response with this status. It is signed even if the registration says that Responses are not."""
        response = self._provider.refusal(
            status, in_response_to=request.parameters.in_response_to, consumer_url=request.parameters.consumer_url
        )
        self._protection.sign(request.application, response)
        return self._protocol_response(request, serialized(response))

    # --- the assertion ----------------------------------------------------------------

    def _assertion_data(self, request: AuthnRequest, sign_in: SignIn) -> AssertionData:
        parameters, application, session = request.parameters, request.application, sign_in.session
        now = datetime.now(UTC)
        until = now + self._lifetime
        if parameters.until is not None:
            until = min(until, datetime.fromtimestamp(parameters.until, UTC))
        provider = application.saml_sp.service_provider
        released = attribute_release.released(application.attributes, provider, parameters.attributes_index)
        recipient = attribute_release.Recipient(application.identifier, now)
        attributes = attribute_release.saml_attributes(sign_in.snapshot, released, recipient)
        entry_ends = entry_ends_at(sign_in.snapshot, application)
        return AssertionData(
            service_provider=parameters.entity_id,
            consumer_url=parameters.consumer_url,
            in_response_to=parameters.in_response_to,
            name_id=self._name_id(request, sign_in),
            class_ref=class_ref_for(parameters.context, sign_in.authentication.assurance),
            authenticated_at=sign_in.authentication.at,
            session_index=sign_in.session_name,
            session_ends_at=min(session.ends_at, entry_ends or session.ends_at),
            attributes=attributes + self._names.subject_attributes(application, sign_in.snapshot, released),
            made_at=now,
            valid_until=until,
        )

    def _name_id(self, request: AuthnRequest, sign_in: SignIn) -> NameId:
        parameters, application = request.parameters, request.application
        kind = parameters.name_id_kind
        must_exist = kind is NameIdKind.PERSISTENT and not parameters.may_create  # Core 3.4.1.1, AllowCreate
        if must_exist and not self._names.exists(application, sign_in.snapshot):
            raise RefusedAtServiceProvider("name-id-not-made", NO_IDENTIFIER, request=request)
        name_id = self._names.name_id(kind, application, sign_in.snapshot, sign_in.session.sid)
        if parameters.expected_name is not None and parameters.expected_name != name_id.value:
            # persistent identifiers are a login requirement: there the person can log in as the expected one
            raise RefusedAtServiceProvider("subject", ANOTHER_SUBJECT, request=request)
        return name_id

    def _record(self, request: AuthnRequest, sign_in: SignIn, data: AssertionData) -> Written:
        """Record, atomically and only if the session exists, that it opened the application and the ID is used."""
        participation = Participation(
            identifier=request.application.identifier,
            protocol=PROTOCOL,
            first_used=data.made_at,
            detail={
                "name_id": data.name_id.value,
                "name_id_format": data.name_id.format or "",
                "sp_name_qualifier": data.name_id.sp_name_qualifier or "",
                "session_index": data.session_index,
            },
        )
        sid = sign_in.session.sid
        puts = [self._sessions.activity(sign_in.session), *self._sessions.participation(sid, participation)]
        while_exist = [(IdpRecord.SESSION, sid)]
        if request.is_used:
            return Written.ALL if self._store.put_all(puts, while_exist=while_exist) else Written.GUARD_MISSING
        at_least = self._login_lifetime if request.parameters.unrecorded else timedelta(0)
        used = self._reader.use_record(request.parameters, at_least=at_least)
        return self._store.put_all_once(used, puts, while_exist=while_exist)

    # --- signature and encryption -----------------------------------------------------

    def _require_encryption_key(self, request: AuthnRequest) -> None:
        """Refuse if the assertion must be encrypted and the metadata have no key: it is not sent in clear."""
        registration = request.application.saml_sp
        has_key = bool(registration.service_provider.encryption_keys)
        if not has_key and (registration.encryption is Encryption.REQUIRED or request.parameters.encrypt_name_id):
            raise RefusedAtServiceProvider("encryption-key-missing", NO_ENCRYPTION_KEY, request=request)

    def _protected(self, request: AuthnRequest, response: ResponseText) -> bytes:
        encrypts_name_id = request.parameters.encrypt_name_id
        try:
            return self._protection.protect(request.application, response, encrypts_name_id=encrypts_name_id)
        except NoCommonAlgorithm as refused:
            raise RefusedAtServiceProvider("encryption-impossible", NO_ENCRYPTION_KEY, request=request) from refused

    def _protocol_response(self, request: AuthnRequest, response: bytes, *, sid: str = "") -> ProtocolResponse:
        """The Response by the binding of the assertion consumer service. `sid` is the session of its assertion."""
        parameters = request.parameters
        fields = [] if parameters.relay_state is None else [("RelayState", parameters.relay_state)]
        if Binding(parameters.consumer_binding) is Binding.ARTIFACT:  # Bindings, section 3.6.3.2
            artifact = self._artifacts.issue(response, to=parameters.entity_id, sid=sid)
            query = urlencode([(Parameter.ARTIFACT.value, artifact), *fields])
            return Redirect(url=f"{parameters.consumer_url}{'&' if '?' in parameters.consumer_url else '?'}{query}")
        fields.insert(0, (Parameter.RESPONSE.value, encoded(response)))  # section 3.5.4
        origins = (form_action_of(parameters.consumer_url), *request.application.saml_sp.form_action_origins)
        return FormPost(action=parameters.consumer_url, fields=tuple(fields), origins=origins)
