"""Authenticates enrollment by the secret that both services read from a file (RFC 6750 section 2.1).

The file has one secret a line: one, or two while the secret is being replaced. It is read at
each call, so that a new secret needs no restart.
"""

import hmac
import logging
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Final

from config.audit.trail import Audit, AuditEntry
from config.redis.rate_limits import Throttle
from config.sql.database import Database
from config.text_files import FileRefused, NotText, read_private_text
from idp.api.problems import ApiProblem
from idp.audit_kinds import IdpAuditKind
from idp.web.client_info import ClientInfo

SHORTEST_SECRET: Final = 32  # characters
MOST_SECRETS: Final = 2
_LARGEST_FILE: Final = 4096  # octets
_LONGEST_HEADER: Final = 1024  # characters
_REFUSALS_AT_ONCE: Final = 10  # of one network in a minute; further ones are not even recorded
_FORBIDDEN_CALLS_WRITTEN: Final = 30  # of one network in a minute
_MINUTE: Final = timedelta(minutes=1)
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="enrollment"'}

journal = logging.getLogger("poterne.api")


class SecretFileUnusable(Exception):
    """The file of the secret cannot be used; the message says what to change."""


class EnrollmentAuthentication:
    """Checks the secret of a call."""

    def __init__(self, secret_file: Path, *, throttle: Throttle, database: Database, audit: Audit) -> None:
        self._secret_file = secret_file
        self._throttle = throttle
        self._database = database
        self._audit = audit

    def check(self, authorization: str | None, client: ClientInfo) -> None:
        """Refuse a call whose `Authorization` header has not the secret.

        Raises:
            ApiProblem: 401, 429 when one network has sent many wrong secrets, 503 when the file cannot be used.
        """
        try:
            secrets = read_secrets(self._secret_file)
        except SecretFileUnusable as unusable:
            journal.error("enrollment_secret_file: %s", unusable)
            raise ApiProblem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "secret.unusable",
                "the identity provider cannot read its enrollment_secret_file: its journal says why",
            ) from unusable
        if not _is_one_of(_bearer(authorization), secrets):
            raise self._refusal(client)

    def record_forbidden(self, code: str, call: str, client: ClientInfo) -> None:
        """Write to the audit trail that a call with the secret named an operator who may not have it done.

        Enrollment lets nobody decide without a role, so that such calls show a stolen secret.
        """
        limit, network = _FORBIDDEN_CALLS_WRITTEN, client.address
        if self._throttle.allow_network("api.forbidden", network, limit=limit, window=_MINUTE) is None:
            entry = AuditEntry(
                kind=IdpAuditKind.API_FORBIDDEN,
                address=client.address,
                agent=client.agent,
                detail={"code": code, "call": call},
            )
            self._audit.record_durably(entry)

    def _refusal(self, client: ClientInfo) -> ApiProblem:
        wait = self._throttle.allow_network("api.refused", client.address, limit=_REFUSALS_AT_ONCE, window=_MINUTE)
        if wait is not None:
            return ApiProblem(
                HTTPStatus.TOO_MANY_REQUESTS,
                "secret.refused",
                "too many calls without the right secret: wait",
                headers={"Retry-After": str(wait.seconds)},
            )
        with self._database.transaction() as session:
            entry = AuditEntry(kind=IdpAuditKind.API_REFUSED, address=client.address, agent=client.agent)
            self._audit.record(session, entry)
        return ApiProblem(
            HTTPStatus.UNAUTHORIZED,
            "secret.refused",
            "the secret is not a line of enrollment_secret_file: copy that file to enrollment's idp_secret_file",
            headers=_CHALLENGE,
        )


def read_secrets(file: Path) -> tuple[str, ...]:
    """The secrets in the lines of a private file.

    Raises:
        SecretFileUnusable
    """
    try:
        text = read_private_text(file, at_most=_LARGEST_FILE)
    except (FileRefused, NotText) as refused:
        raise SecretFileUnusable(f"{file}: {refused}") from refused
    secrets = tuple(line.strip() for line in text.splitlines() if line.strip())
    if not 1 <= len(secrets) <= MOST_SECRETS:
        raise SecretFileUnusable(f"{file}: must have one secret, or two while it is replaced, each on its line")
    if any(len(secret) < SHORTEST_SECRET or not secret.isascii() for secret in secrets):
        raise SecretFileUnusable(
            f"{file}: a secret must be {SHORTEST_SECRET} ASCII characters or more: openssl rand -base64 32"
        )
    return secrets


def _bearer(authorization: str | None) -> str:
    scheme, _, credentials = (authorization or "")[:_LONGEST_HEADER].partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else ""


def _is_one_of(given: str, secrets: tuple[str, ...]) -> bool:
    """Compare with every secret, each in constant time."""
    octets = given.encode("utf-8", "surrogatepass")
    equal = [hmac.compare_digest(octets, secret.encode()) for secret in secrets]
    return any(equal)
