"""Why the metadata of service providers are refused: a word for machines, a sentence for an operator."""

from enum import StrEnum


class MetadataFault(StrEnum):
    """Each reason, once."""

    UNREACHABLE = "unreachable"
    TOO_SLOW = "too-slow"
    REDIRECTED = "redirected"
    TOO_LARGE = "too-large"
    NO_SUCH_ENTITY = "no-such-entity"
    NOT_XML = "not-xml"
    UNSIGNED = "unsigned"
    SIGNATURE = "signature"
    EXPIRED = "expired"
    NO_VALID_UNTIL = "no-valid-until"
    VALID_TOO_LONG = "valid-too-long"
    OLDER = "older"
    ANOTHER_ENTITY = "another-entity"
    NOT_AN_AGGREGATE = "not-an-aggregate"
    CERTIFICATE = "certificate"
    CONTENT = "content"


class MetadataRefused(Exception):
    """These metadata are not taken; what was in force before stays so until its own end.

    `received` and `change` go to operators (`relying_parties/problems.py` makes
    what a stranger wrote safe to show); the journal has the word.
    """

    def __init__(self, fault: MetadataFault, change: str, *, received: object = None) -> None:
        super().__init__(f"{fault}: {change}")
        self.fault = fault
        self.change = change
        self.received = received
