"""The request class: its query is printable ASCII, whatever octets were sent."""

import re
from typing import Any
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict

LONGEST_BODY_PASSED_OVER = 1024 * 1024  # octets of a form that is too long, received in order to respond
_NOT_IN_AN_ADDRESS = re.compile(rb"[^\x21-\x7e]")
_FORM = "application/x-www-form-urlencoded"
_CHUNK = 64 * 1024


class AsciiRequest(Request):
    """Percent-encodes octets that an address must not contain (RFC 3986 section 2), as browsers do.

    Werkzeug would decode them as UTF-8, which may fail, and put line ends into the addresses of redirects.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if _NOT_IN_AN_ADDRESS.search(self.query_string):
            self.query_string = _NOT_IN_AN_ADDRESS.sub(lambda octet: b"%%%02X" % octet[0][0], self.query_string)

    def read_beginning_of_form(self, octets: int) -> bool:
        """Read only the first `octets` of a form that is longer, and discard the rest. Returns False if it cannot.

        So the form's own page can say which field is too long, at the cost of a form of the longest length. The rest
        must be received, since a browser shows no response before it has sent everything.
        """
        length = self.content_length or 0
        if self.mimetype != _FORM or not octets < length <= LONGEST_BODY_PASSED_OVER:
            return False
        body = self.environ["wsgi.input"]
        beginning = body.read(octets)
        left = length - len(beginning)
        while left > 0 and (passed_over := body.read(min(left, _CHUNK))):
            left -= len(passed_over)
        pairs = parse_qsl(beginning.decode("latin-1"), keep_blank_values=True, errors="replace")
        self.__dict__["form"] = ImmutableMultiDict(pairs)  # Werkzeug's cached property
        return True
