"""A request from an application to the token or userinfo endpoint, as one value.

Client authentication, grants and the userinfo endpoint all take it: a signed proof (RFC 9449), a client certificate
(RFC 8705) or an assertion (RFC 7523) is about the method, the address and the headers as much as about the form.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Self

from flask import request
from werkzeug.datastructures import Headers

from idp.oidc.errors import OAuthError, TokenError
from idp.oidc.form_parameters import RepeatedParameter, parse_parameters

LONGEST_BODY: Final = 8_192
MOST_PARAMETERS: Final = 20
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True)  # without slots, for `authorization` and `form`
class EndpointRequest:
    """Method, address, headers, form and client address of one request.

    `url` is the endpoint's address as the provider metadata publish it, whatever Host the request names.
    """

    method: str
    url: str
    headers: Headers = field(repr=False)
    content_type: str = ""
    body: bytes = field(default=b"", repr=False)
    client_address: str = ""

    @classmethod
    def received(cls, url: str, *, reads_body: bool) -> Self:
        """The request that Flask is handling, at the endpoint `url`."""
        return cls(
            method=request.method,
            url=url,
            headers=request.headers,
            content_type=request.mimetype if reads_body else "",
            body=request.get_data(cache=False) if reads_body else b"",
            client_address=request.remote_addr or "",
        )

    @cached_property
    def authorization(self) -> str | None:
        """The Authorization header."""
        return self.headers.get("Authorization")

    @cached_property
    def form(self) -> Mapping[str, str]:
        """The parameters of the body, each there once (RFC 6749 section 3.2).

        Raises:
            TokenError: `invalid_request`.
        """
        if self.content_type != _FORM:
            raise TokenError(OAuthError.INVALID_REQUEST, f"use Content-Type: {_FORM}")
        if len(self.body) > LONGEST_BODY:
            raise TokenError(OAuthError.INVALID_REQUEST, "the request is too large", status=413)
        try:
            return parse_parameters(self.body.decode("utf-8"), most=MOST_PARAMETERS)
        except RepeatedParameter:
            raise TokenError(OAuthError.INVALID_REQUEST, "a parameter is given twice") from None
        except ValueError:
            raise TokenError(OAuthError.INVALID_REQUEST, "the body is not form-encoded UTF-8") from None

    def required(self, name: str) -> str:
        """A parameter of the form.

        Raises:
            TokenError: `invalid_request`: it is missing.
        """
        value = self.form.get(name)
        if not value:
            raise TokenError(OAuthError.INVALID_REQUEST, f"{name} is missing")
        return value
