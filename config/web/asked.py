"""A request as our views read it: an address is printable ASCII, whatever octets were sent."""

import re
from typing import Any

from flask import Request

_NOT_IN_AN_ADDRESS = re.compile(rb"[^\x21-\x7e]")


class AskedRequest(Request):
    """Octets that an address may not hold (RFC 3986 section 2) are percent-encoded, as browsers do.

    werkzeug decodes them as UTF-8 without mercy, wherever a query is read, and puts
    line ends into the addresses it redirects to.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if _NOT_IN_AN_ADDRESS.search(self.query_string):
            self.query_string = _NOT_IN_AN_ADDRESS.sub(lambda octet: b"%%%02X" % octet[0][0], self.query_string)
