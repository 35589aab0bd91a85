"""The outcome for each application: written to the logout's record and, once it is known, to the audit trail."""

from dataclasses import dataclass

from config.audit.trail import Audit, AuditEntry
from idp.audit_kinds import IdpAuditKind
from idp.logout.protocol import LogoutChannel, Outcome
from idp.logout.records import Logouts, LogoutTarget


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Writes outcomes. A `key` is the fingerprint of a logout's identifier."""

    logouts: Logouts
    audit: Audit

    def save(self, key: str, target: LogoutTarget, outcome: Outcome) -> None:
        """Write an outcome that will change, to the record alone."""
        self.logouts.save_outcome(key, target, outcome)

    def record(self, key: str, target: LogoutTarget, outcome: Outcome, channel: LogoutChannel) -> None:
        """Write an outcome to the record and to the audit trail."""
        self.logouts.save_outcome(key, target, outcome)
        self.audit.record_durably(
            AuditEntry(
                kind=IdpAuditKind.LOGOUT_NOTIFIED,
                application=target.participation.identifier,
                session=target.sid,
                detail={"by": channel.value, "outcome": outcome.value},
            )
        )
