"""The texts of a Response, as they are written in it."""

from typing import NamedTuple


class ResponseValues(NamedTuple):
    """The texts of a Response and its Assertion, without attributes. None omits an optional text."""

    response_id: str
    assertion_id: str
    issue_instant: str
    service_provider: str
    consumer_url: str
    in_response_to: str | None
    name_id: str
    name_id_format: str | None
    name_qualifier: str | None
    sp_name_qualifier: str | None
    class_ref: str
    authn_instant: str
    session_index: str
    session_end: str
    not_before: str
    not_on_or_after: str
