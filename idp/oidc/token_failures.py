"""What is kept of a refused token request: a WARNING, a fault record, and a line of the audit trail.

The client's developer is told by `error_description`; the operator finds the rest
by the `reference` beside it (`idp fault`). A flood of refusals must not fill the
trail: each cause has one line an hour for each network, and a bounded number in all.

Who sent the request is known only if a confidential client has authenticated.
Otherwise the trail says which registered client it claimed to be, under `claimed`;
a name that nobody registered is in the journal and the fault record only.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

from config.audit.trail import Audit, AuditEntry, AuditKind
from config.escaping import escaped_within
from config.redis.rate_limits import Throttle, places
from config.redis.store import StoreUnavailable
from config.web.request_id import current_request_id
from idp.oidc.client_authentication import AuthenticatedClient, claimed_client_id
from idp.oidc.errors import TokenError
from idp.web.fault_records import FaultRecord, FaultRecords
from relying_parties.registry.policy import ClientAuthentication
from relying_parties.registry.registry import Registry

WINDOW = timedelta(hours=1)
MOST_TOLD = 20
"""Audit lines within `WINDOW` for one cause of one client, whatever the number of networks it comes from."""

LONGEST_CLIENT_ID = 100  # of a claimed one, in the journal and the fault record

journal = logging.getLogger("poterne.oidc")


class TokenFailures:
    """Reports refusals of the token endpoint."""

    def __init__(self, *, registry: Registry, audit: Audit, throttle: Throttle, faults: FaultRecords) -> None:
        self._registry = registry
        self._audit = audit
        self._throttle = throttle
        self._faults = faults

    def report(
        self,
        refused: TokenError,
        *,
        parameters: Mapping[str, str],
        authorization: str | None,
        client: AuthenticatedClient | None,
        address: str,
    ) -> None:
        """Report why this request is refused.

        Raises:
            DatabaseUnavailable: the audit line was due and could not be written.
        """
        claimed = claimed_client_id(parameters, authorization)
        registered = self._registry.by_client_id(claimed) is not None if claimed else False
        is_known = client is not None and (
            client.application.oidc_client.client_authentication is not ClientAuthentication.NONE
        )
        shown = escaped_within(claimed, LONGEST_CLIENT_ID)
        journal.warning(
            "token request refused",
            extra={
                "error": refused.error.value,
                "why": refused.description,
                "client": shown,
                "client_is": "authenticated" if is_known else "registered, unverified" if registered else "unknown",
                "address": address,
            },
        )
        self._faults.keep(
            current_request_id() or "",
            FaultRecord(
                fault=f"token.{refused.error}",
                received=f"{refused.description}; client_id {shown or '(none)'}"
                f"{f'; {refused.received}' if refused.received else ''}",
                registered=refused.expected,
            ),
            address=address,
        )
        with suppress(StoreUnavailable):  # the journal has it
            if not refused.is_audited and self._is_due(refused, claimed if registered else "", address):
                self._audit.record_durably(
                    AuditEntry(
                        kind=AuditKind.TOKEN_REFUSED,
                        application=claimed if is_known else None,
                        detail={"error": refused.error.value, "why": refused.description}
                        | ({"claimed": claimed} if registered and not is_known else {}),
                        address=address,
                    )
                )

    def _is_due(self, refused: TokenError, client_id: str, address: str) -> bool:
        """Whether this cause has not been told yet, within the window, for this client and network."""
        cause = f"{client_id}|{refused.error}|{refused.description}"
        _, network = places(address)
        return not (
            self._throttle.allow("token-refused", f"{cause}|{network}", limit=1, window=WINDOW)
            or self._throttle.allow("token-refused", cause, limit=MOST_TOLD, window=WINDOW)
        )
