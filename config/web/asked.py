"""A request as our views read it: an address is ASCII, whatever octets were sent."""

import re
from typing import Any

from flask import Request

_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")


class AskedRequest(Request):
    """Octets that an address may not hold (RFC 3986 section 2) are percent-encoded, as browsers do.

    werkzeug decodes them as UTF-8 without mercy, wherever a query is read.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if not self.query_string.isascii():
            self.query_string = _BEYOND_ASCII.sub(lambda octet: b"%%%02X" % octet[0][0], self.query_string)
