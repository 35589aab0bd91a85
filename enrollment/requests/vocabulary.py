"""The words that the columns of a request hold: its kind, its parts and their decisions, confidentiality, links.

The states of a request are in `states.py`.
"""

from enum import StrEnum


class RequestKind(StrEnum):
    """What is asked for, and who began it."""

    FIRST_ACCOUNT = "first_account"
    MORE_ACCESS = "more_access"  # by the holder of an account, who has signed in
    RENEWAL = "renewal"  # of access that ends, the same way
    IN_PERSON = "in_person"  # filled in by an operator, in the presence of the person


class PartKind(StrEnum):
    """What one part of a request asks for. A platform service is an application of the category `service`."""

    ACCOUNT = "account"
    COMMUNITY = "community"
    APPLICATION = "application"


def part_code(kind: str, name: str) -> str:
    """A part as commands and the audit trail name it: `account`, `community:onco-centre`, `application:dcc`."""
    return f"{kind}:{name}" if name else str(kind)


class PartDecision(StrEnum):
    """What has been decided of a part."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Vote(StrEnum):
    """What one approver says of a part."""

    ACCEPT = "accept"
    REFUSE = "refuse"


class Confidentiality(StrEnum):
    """Who may see a person in the directory: the levels of the guide (Public, Accès réservé, Caché)."""

    PUBLIC = "public"
    PROFESSIONALS = "professionals"
    HIDDEN = "hidden"


class FilledBy(StrEnum):
    """What filled a field that the person did not type."""

    CARD = "card"
    REGISTER = "register"


class LinkPurpose(StrEnum):
    """What a mailed link to a request does."""

    VERIFY_EMAIL = "verify-email"
    RESUME = "resume"
    STATUS = "status"
