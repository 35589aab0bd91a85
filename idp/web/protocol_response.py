"""The response of a protocol to the application: a redirect, or a form that the browser posts.

OpenID Connect responds by a redirect, SAML by a form (Bindings, section 3.5).
"""

from dataclasses import dataclass, field

from config.web.addresses import web_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Redirect the browser to `url`, which contains the response."""

    url: str = field(repr=False)  # it carries a code


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPost:
    """Post `fields` (names and values) to `action`.

    `origins` are the origin of `action` and those that the application redirects to from there: browsers check each
    against the page's `form-action`.
    """

    action: str
    fields: tuple[tuple[str, str], ...] = field(repr=False)  # they carry an assertion
    origins: tuple[str, ...]

    def __post_init__(self) -> None:
        if not web_address(self.action):
            raise ValueError("an answer cannot be posted to this address")


ProtocolResponse = Redirect | FormPost
