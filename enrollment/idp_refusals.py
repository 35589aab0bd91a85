"""The refusals of the identity provider that operators read in words of their language (`office/messages.py`).

They are the `code` of its problem documents. Its `detail` is in English, and is shown beside.
"""

from enum import StrEnum
from typing import Self


class IdpRefusal(StrEnum):
    """A reason not to provision what was decided."""

    OPERATOR_NOT_ALLOWED = "operator.not-allowed"
    OWN_REQUEST = "operator.own-request"
    REOPENS_OPERATOR = "operator.reopens-operator"
    REOPENS_ACCESS = "operator.reopens-access"
    ACCOUNT_UNKNOWN = "account.unknown"
    ACCOUNT_DISABLED = "account.disabled"
    NEEDS_COMMUNITY = "entitlement.needs-community"
    LEVEL_CLOSED = "entitlement.level-closed"
    NATIONAL_ID_TAKEN = "national-id.taken"
    IDENTIFIER_TAKEN = "identifier.taken"
    USERNAME_TAKEN = "login.taken"
    CARD_TAKEN = "card.taken"
    CARD_UNKNOWN = "card.unknown"
    BODY_REFUSED = "body.refused"
    OTHER = "other"

    @classmethod
    def of(cls, code: str) -> Self:
        """The refusal that a code names; OTHER for one that this version does not know."""
        return next((each for each in cls if each == code), cls.OTHER)
