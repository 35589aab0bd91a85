"""Authorization request parameters: one value, wherever they come from.

OpenID Connect Core 1.0 section 3.1.2.1, RFC 6749 section 4.1.1, RFC 7636 section 4.3. The checks (`checks.py`) take
this value and never a query, so that another source of parameters changes this module alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final, Self

from idp.oidc.errors import Fault
from idp.oidc.form_parameters import RepeatedParameter, parse_parameters
from idp.web.untrusted_request import UntrustedRequest

LONGEST_QUERY: Final = 8_192  # `state` may take up nearly all of it: every answer gives it back whole
MOST_PARAMETERS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationParameters:
    """The parameters we understand, as they were sent. None, or an empty text: the parameter was left out.

    Core 1.0 section 3.1.2.1: parameters that we do not understand are ignored.
    """

    client_id: str = ""
    redirect_uri: str = ""
    response_type: str = ""
    response_mode: str | None = None
    scope: str = ""
    state: str | None = None
    nonce: str | None = None
    code_challenge: str | None = None
    code_challenge_method: str | None = None
    prompt: str = ""
    max_age: str | None = None
    id_token_hint: str | None = None
    login_hint: str = ""
    ui_locales: str = ""
    acr_values: str = ""
    claims: str | None = None
    request: str | None = None
    request_uri: str | None = None
    registration: str | None = None

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> Self:
        """The parameters among `sent`, in which each name is there once."""
        return cls(**{name: value for name, value in sent.items() if name in _NAMES})

    @classmethod
    def from_query(cls, query: str) -> Self:
        """The parameters of a query, each there once (RFC 6749 section 3.1).

        Raises:
            UntrustedRequest: the query cannot be read, so that no redirect_uri in it can be trusted.
        """
        if len(query) > LONGEST_QUERY:
            raise UntrustedRequest(Fault.REQUEST_TOO_LARGE)
        try:
            return cls.of(parse_parameters(query, most=MOST_PARAMETERS))
        except RepeatedParameter as repeated:
            raise UntrustedRequest(Fault.PARAMETER_REPEATED) from repeated
        except ValueError as broken:
            raise UntrustedRequest(Fault.REQUEST_MALFORMED) from broken


_NAMES: Final = frozenset(field.name for field in fields(AuthorizationParameters))


def split_list(value: str) -> list[str]:
    """The members of a list that spaces, and nothing else, divide (RFC 6749 section 3.3)."""
    return [member for member in value.split(" ") if member]
