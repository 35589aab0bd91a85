"""Why the metadata of service providers are refused: a code for programs and a sentence for operators."""

from enum import StrEnum


class MetadataFault(StrEnum):
    """The codes of refusals."""

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
    """The metadata are refused. The metadata in force stay until they expire.

    Operators see `received` and `change`; `relying_parties/problems.py` escapes the received
    text. The log has only the code.
    """

    def __init__(self, fault: MetadataFault, change: str, *, received: object = None) -> None:
        super().__init__(f"{fault}: {change}")
        self.fault = fault
        self.change = change
        self.received = received
