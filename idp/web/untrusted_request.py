"""A request that there is no verified address to answer: the person is told, on a page of ours, and nobody else.

Both protocols refuse so: RFC 6749 section 4.1.2.1, MUST NOT redirect; for SAML, an
assertion consumer service that no metadata names. The page is in `unverified_pages.py`.
"""

from enum import StrEnum


class UntrustedRequest(Exception):
    """There is no verified address to go back to.

    `received`, and what is `registered` for the application or `expected` by us in its place, go to the fault record
    only, and to the page in development.
    """

    def __init__(
        self,
        fault: StrEnum,
        *,
        received: str = "",
        registered: tuple[str, ...] = (),
        expected: tuple[str, ...] = (),
        home_url: str = "",
        status: int = 400,
    ) -> None:
        super().__init__(fault)
        self.fault = fault
        self.received = received
        self.registered = registered
        self.expected = expected
        self.status = status
        self.home_url = home_url
