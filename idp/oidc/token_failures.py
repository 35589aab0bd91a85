"""Reports refused token requests: a WARNING in the journal, a fault record, and a line of the audit trail.

The client's developer receives `error_description`; the operator finds the rest by the `reference` in the same
answer (`idp fault`). So that a flood of refusals does not fill the trail, each cause has one line an hour for each
network, and a bounded number in all.

The sender is known only when a confidential client has authenticated. Otherwise the trail says, under `claimed`, which
registered client the request named; a client_id that is not registered is in the journal and the fault record only.
"""

import logging
from contextlib import suppress
from datetime import timedelta

from config.audit.trail import Audit, AuditEntry
from config.escaping import escaped_within
from config.redis.rate_limits import Throttle, places
from config.redis.store import StoreUnavailable
from config.web.request_id import current_request_id
from idp.audit_kinds import IdpAuditKind
from idp.oidc.client_authentication import AuthenticatedClient, claimed_client_id
from idp.oidc.endpoint_request import EndpointRequest
from idp.oidc.errors import TokenError
from idp.web.fault_records import FaultRecord, FaultRecords
from relying_parties.policy import ClientAuthentication
from relying_parties.registry.registry import Registry

WINDOW = timedelta(hours=1)
MOST_LINES = 20
"""Audit lines within `WINDOW` for one cause of one client, from all networks together."""

LONGEST_CLIENT_ID = 100  # as the journal and the fault record show a claimed one

journal = logging.getLogger("poterne.oidc")


class TokenFailures:
    """Reports the errors of the token endpoint."""

    def __init__(self, *, registry: Registry, audit: Audit, throttle: Throttle, faults: FaultRecords) -> None:
        self._registry = registry
        self._audit = audit
        self._throttle = throttle
        self._faults = faults

    def report(
        self,
        refused: TokenError,
        *,
        request: EndpointRequest,
        client: AuthenticatedClient | None,
    ) -> None:
        """Report why `request` is refused; `client`: who sent it, once it has authenticated.

        Raises:
            DatabaseUnavailable: the audit line was due and could not be written.
        """
        address = request.client_address
        claimed = claimed_client_id(request)
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
                        kind=IdpAuditKind.TOKEN_REFUSED,
                        application=claimed if is_known else None,
                        detail={"error": refused.error.value, "why": refused.description}
                        | ({"claimed": claimed} if registered and not is_known else {}),
                        address=address,
                    )
                )

    def _is_due(self, refused: TokenError, client_id: str, address: str) -> bool:
        """Whether the trail has no line yet for this cause, client and network within the window."""
        cause = f"{client_id}|{refused.error}|{refused.description}"
        _, network = places(address)
        return not (
            self._throttle.allow("token-refused", f"{cause}|{network}", limit=1, window=WINDOW)
            or self._throttle.allow("token-refused", cause, limit=MOST_LINES, window=WINDOW)
        )
