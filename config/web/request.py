"""A request as our views read it: an address is printable ASCII, whatever octets were sent."""

import re
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.sansio.http import parse_cookie

LONGEST_BODY_PASSED_OVER = 1024 * 1024  # octets of a form too long that are received, to be able to answer
_NOT_IN_AN_ADDRESS = re.compile(rb"[^\x21-\x7e]")
_FORM = "application/x-www-form-urlencoded"
_CHUNK = 64 * 1024


class AskedRequest(Request):
    """Octets that an address may not hold (RFC 3986 section 2) are percent-encoded, as browsers do.

    werkzeug decodes them as UTF-8 without mercy, wherever a query is read, and puts
    line ends into the addresses it redirects to.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if _NOT_IN_AN_ADDRESS.search(self.query_string):
            self.query_string = _NOT_IN_AN_ADDRESS.sub(lambda octet: b"%%%02X" % octet[0][0], self.query_string)

    def read_beginning_of_form(self, octets: int) -> bool:
        """Take only the first `octets` of a form that is longer for what it says; whether that could be done.

        So a text much too long, which somebody has pasted into a field, is told on the form itself,
        and costs no more than a form that is just short enough. The rest is received and thrown away,
        since a browser shows no answer before it has sent everything.
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
        self.__dict__["form"] = ImmutableMultiDict(pairs)  # where werkzeug keeps it once it is read
        return True

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        """Read from the one header of WSGI that has them; werkzeug goes over all headers to find it.

        Its `http.parse_cookie`, which takes an environ, fails on octets that are not UTF-8.
        """
        return parse_cookie(self.environ.get("HTTP_COOKIE"), ImmutableMultiDict)  # type: ignore[return-value]
