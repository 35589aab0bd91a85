"""`idp audit ...`: the audit commands, with the words of the identity provider's trail."""

from config.audit.commands import audit_commands
from idp.audit_kinds import VOCABULARY

audit = audit_commands(VOCABULARY)
