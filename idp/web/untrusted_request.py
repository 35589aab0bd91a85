"""A request that names no verified return address: the refusal is shown to the person, and sent to nobody.

OpenID Connect: RFC 6749 section 4.1.2.1, the browser MUST NOT be redirected. SAML: no metadata declare the assertion
consumer service. The page is in `untrusted_request_pages.py`.
"""

from enum import StrEnum


class UntrustedRequest(Exception):
    """The request names no verified return address.

    `received`, `registered` (for the application) and `expected` (by us) are kept in the fault record; the page shows
    them in development only.
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
