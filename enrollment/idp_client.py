"""The identity provider's interface for enrollment: its offer, matching accounts, the roles of operators, the reading
of a card, the letter of an acceptance, provisioning.

This is all that enrollment can do there; docs/security.md says what a stolen secret of this interface can do. The
secret is read from its file at each call, so that a new one needs no restart.
"""

import http.client
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from card_bridge.identity import CardIdentity, CardIdentityMalformed
from card_bridge.verification.refusals import Refusal
from config.http_client import Answer, HttpClient, HttpFailed, ServerNotReached
from config.outages import Outage
from config.strict_parsing import InvalidJson, parse_json_object
from config.text_files import FileRefused, NotText, read_private_text

ANSWERS_WITHIN: Final = timedelta(seconds=5)
LARGEST_OFFER: Final = 1_048_576  # octets
LONGEST_CODE: Final = 60  # characters of the code of a refusal
_JSON: Final = "application/json"


class IdpUnavailable(Exception):
    """The identity provider did not answer, or could not answer for now: the call may be repeated.

    `may_have_acted` is False when it certainly has not done what it was asked.
    """

    def __init__(self, reason: str, *, may_have_acted: bool = True) -> None:
        super().__init__(reason)
        self.may_have_acted = may_have_acted


class IdpRefused(Exception):
    """The identity provider refused a call for good.

    Attributes:
        status: the HTTP status, 4xx.
        problem: the `detail` of its problem document (RFC 9457), in English, for who looks for the cause.
        code: its `code`, which has a sentence for operators (`office/messages.py`); "" when there is none.
    """

    def __init__(self, status: int, problem: str, code: str = "") -> None:
        super().__init__(f"{status}: {problem}")
        self.status = status
        self.problem = problem
        self.code = code


@dataclass(frozen=True, slots=True)
class ReadCard:
    """The identity of a card that is believed, and whether it logs in to an account already."""

    identity: CardIdentity
    opens_account: bool


class CardRefusedByIdp(Exception):
    """The identity provider does not believe a card. `reason` is one of `card_bridge/verification/refusals.py`."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferDocument:
    """The offer as it was sent, and its entity tag."""

    document: dict[str, Any]
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioned:
    """The identity provider's answer to a provisioning.

    Attributes:
        account: the handle of the account, which later calls may name.
        letter: the Message-ID of the acceptance letter; None when none was sent.
    """

    username: str
    account: str
    letter: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedLetter:
    """The letter that a provisioning would mail, with "…" for its secret."""

    to: str
    subject: str
    body: str
    language: str


class IdpClient:
    """Calls the identity provider. Thread-safe."""

    def __init__(self, *, issuer: str, secret_file: Path, within: timedelta = ANSWERS_WITHIN) -> None:
        """`issuer` is an operator's setting, so it may be this machine, as in a small installation."""
        self._issuer = issuer
        self._secret_file = secret_file
        self._http = HttpClient(within=within, loopback=True)
        self._outage = Outage("the identity provider")

    def offer(self, known_etag: str = "") -> OfferDocument | None:
        """`GET /api/offer`; None when it is still the one whose entity tag is `known_etag`.

        Raises:
            IdpUnavailable, IdpRefused: there is no answer to use.
        """

        def read(response: http.client.HTTPResponse) -> tuple[Answer, str]:
            body = response.read(LARGEST_OFFER + 1)
            content_type = response.headers.get_content_type()
            return Answer(status=response.status, content_type=content_type, body=body), response.headers["ETag"] or ""

        headers = self._headers() | ({"If-None-Match": known_etag} if known_etag else {})
        try:
            answer, etag = self._http.get(f"{self._issuer}/api/offer", read, headers=headers)
        except HttpFailed as failure:
            raise self._unavailable(str(failure)) from failure
        if answer.status == http.client.NOT_MODIFIED:
            self._outage.ended()
            return None
        return OfferDocument(document=self._object(answer), etag=etag)

    def matches(self, wanted: Mapping[str, str]) -> tuple[dict[str, Any], ...]:
        """`POST /api/matches`: the accounts that share an identifier, an e-mail address or the names of a request.

        Args:
            wanted: `operator` (the subject who asks), `rpps`, `email`, `family_name`, `given_name`, `birth_name`.

        Raises:
            IdpUnavailable, IdpRefused: there is no answer to use.
        """
        found = self._object(self._call("POST", "/api/matches", wanted)).get("matches")
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise self._unavailable("its answer has no list of matches")
        return tuple(found)

    def operator_roles(self, subjects: Sequence[str], *, person: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
        """`POST /api/operators`: the roles that these operators hold now for a request, as in `operator_roles`.

        Args:
            person: of the request: `email` and `rpps`, and the `subject` or the `handle` of an account. An operator
                whose own request it is holds none.

        Raises:
            IdpUnavailable, IdpRefused: there is no answer to use.
        """
        wanted = {"operators": [{"subject": subject} for subject in subjects], "person": person}
        match self._object(self._call("POST", "/api/operators", wanted)).get("operators"):
            case list(found):
                held = dict(filter(None, map(_roles_of_operator, found)))
                if held.keys() >= set(subjects):
                    return held
        raise self._unavailable("its answer does not say the roles of each operator")

    def read_card(self, assertion: str, *, nonce: str, origin: str) -> ReadCard:
        """`POST /api/cards`: what is known of the card that has signed `nonce` for our `origin`.

        Raises:
            CardRefusedByIdp: the card is not believed.
            IdpUnavailable, IdpRefused: there is no answer to use.
        """
        wanted = {"assertion": assertion, "nonce": nonce, "origin": origin}
        answer = self._object(self._call("POST", "/api/cards", wanted))
        try:
            match answer:
                case {"refusal": str(reason)}:
                    raise CardRefusedByIdp(Refusal(reason))
                case {"identity": dict(identity), "opens_account": bool(opens_account)}:
                    return ReadCard(CardIdentity.of_record(identity), opens_account)
        except ValueError as malformed:
            raise self._unavailable("its answer about a card cannot be read") from malformed
        raise self._unavailable("its answer has neither an identity nor a refusal")

    def known_card(self, handle: str, *, draft: str) -> CardIdentity | None:
        """`POST /api/cards/known`: the identity of a card that was proved at the login page; None without one.

        Raises:
            IdpUnavailable, IdpRefused: there is no answer to use.
        """
        answer = self._object(self._call("POST", "/api/cards/known", {"handle": handle, "draft": draft}))
        try:
            match answer.get("identity", ""):
                case None:
                    return None
                case dict() as identity:
                    return CardIdentity.of_record(identity)
        except CardIdentityMalformed as malformed:
            raise self._unavailable("its answer about a card cannot be read") from malformed
        raise self._unavailable("its answer has no identity")

    def preview_letter(self, request_id: str, body: Mapping[str, Any]) -> PreviewedLetter | None:
        """`POST /api/provisionings/<request>/letter`: nothing is done there; None when no letter would be mailed.

        Raises:
            IdpUnavailable, IdpRefused: there is no answer to use; refused, the provisioning would be refused too.
        """
        path = f"/api/provisionings/{quote(request_id, safe='')}/letter"
        answer = self._object(self._call("POST", path, body))
        match answer.get("letter", ""):
            case None:
                return None
            case {"to": str(to), "subject": str(subject), "body": str(text), "language": str(language)}:
                return PreviewedLetter(to=to, subject=subject, body=text, language=language)
        raise self._unavailable("its answer has no letter")

    def provision(self, request_id: str, sequence: int, body: Mapping[str, Any]) -> Provisioned:
        """`PUT /api/provisionings/<request>/<sequence>`, which may be repeated: the same body has the same effect once.

        Raises:
            IdpUnavailable, IdpRefused: there is no answer to use.
        """
        path = f"/api/provisionings/{quote(request_id, safe='')}/{sequence}"
        answer = self._object(self._call("PUT", path, body))
        match answer:
            case {"username": str(username), "account": str(account)}:
                letter = answer.get("letter")
                return Provisioned(
                    username=username, account=account, letter=letter if isinstance(letter, str) else None
                )
        raise self._unavailable("its answer names no account")

    def _call(self, method: str, path: str, body: Mapping[str, Any]) -> Answer:
        octets = json.dumps(dict(body), ensure_ascii=False, allow_nan=False).encode()
        send = self._http.put if method == "PUT" else self._http.post
        try:
            return send(f"{self._issuer}{path}", octets, content_type=_JSON, headers=self._headers())
        except ServerNotReached as failure:
            raise self._unavailable(str(failure), may_have_acted=False) from failure
        except HttpFailed as failure:
            raise self._unavailable(str(failure)) from failure

    def _headers(self) -> dict[str, str]:
        try:
            secret = read_private_text(self._secret_file).partition("\n")[0].strip()
        except (FileRefused, NotText) as refused:
            raise self._unavailable(f"idp_secret_file: {refused}", may_have_acted=False) from refused
        return {"Authorization": f"Bearer {secret}", "Accept": _JSON}

    def _object(self, answer: Answer) -> dict[str, Any]:
        """The JSON object of an answer, once its status is 2xx."""
        if answer.status >= http.client.INTERNAL_SERVER_ERROR or answer.status in _LATER:
            raise self._unavailable(f"it answered {answer.status}", may_have_acted=answer.status not in _LATER)
        try:
            document = parse_json_object(answer.body)
        except InvalidJson as invalid:
            if 200 <= answer.status < 300:
                raise self._unavailable(f"its answer is not JSON: {invalid}") from invalid
            document = {}
        self._outage.ended()
        if 200 <= answer.status < 300:
            return document
        problem, code = document.get("detail"), document.get("code")
        raise IdpRefused(
            answer.status,
            problem[:500] if isinstance(problem, str) else "no reason was given",
            code[:LONGEST_CODE] if isinstance(code, str) else "",
        )

    def _unavailable(self, reason: str, *, may_have_acted: bool = True) -> IdpUnavailable:
        self._outage.began(reason)
        return IdpUnavailable(reason, may_have_acted=may_have_acted)


def _roles_of_operator(item: object) -> tuple[str, frozenset[str]] | None:
    match item:
        case {"subject": str(subject), "roles": list(roles)} if all(isinstance(role, str) for role in roles):
            return subject, frozenset(roles)
    return None


# A wrong secret (401) and an interface that is off (404) are mended by an operator, and the call is then repeated.
_LATER: Final = frozenset({http.client.UNAUTHORIZED, http.client.NOT_FOUND, http.client.TOO_MANY_REQUESTS})
