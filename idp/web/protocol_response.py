"""How a person goes back to the application with its answer: to an address, or by a form that their browser posts.

OpenID Connect answers by an address; SAML answers by a form (Bindings, section 3.5).
"""

from dataclasses import dataclass, field

from config.web.addresses import web_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Go to `url`, which holds the whole answer."""

    url: str = field(repr=False)  # it carries a code


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPost:
    """Post `fields` (names and values) to `action`.

    `origins` are where the form may lead, `action`'s own and those that the application
    redirects to from there: browsers hold the page's `form-action` against each of them.
    """

    action: str
    fields: tuple[tuple[str, str], ...] = field(repr=False)  # they carry an assertion
    origins: tuple[str, ...]

    def __post_init__(self) -> None:
        if not web_address(self.action):
            raise ValueError("an answer cannot be posted to this address")


ProtocolResponse = Redirect | FormPost
