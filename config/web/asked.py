"""A request as our views read it: an address is printable ASCII, whatever octets were sent."""

import re
from functools import cached_property
from typing import Any

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.sansio.http import parse_cookie

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

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        """Read from the one header of WSGI that has them; werkzeug goes over all headers to find it.

        Its `http.parse_cookie`, which takes an environ, fails on octets that are not UTF-8.
        """
        return parse_cookie(self.environ.get("HTTP_COOKIE"), ImmutableMultiDict)  # type: ignore[return-value]
