"""`enrollment audit ...`: the audit commands, with the words of enrollment's trail."""

from config.audit.commands import audit_commands
from enrollment.audit_kinds import VOCABULARY

audit = audit_commands(VOCABULARY)
