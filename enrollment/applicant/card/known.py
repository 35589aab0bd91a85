"""A card that was proved at the login page of the identity provider, and that no account knows there.

The browser goes to the identity provider with the name of its draft, and returns with a handle for it. The name is
computed from the key in the browser's cookie, so the handle of another browser's draft is of no use here.
"""

import re
from typing import Final
from urllib.parse import urlencode

from card_bridge.identity import CardIdentity
from config.redis.store import fingerprint
from enrollment.applicant.card.reading import CardNotRead
from enrollment.idp_client import IdpClient, IdpRefused, IdpUnavailable

_HANDLE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class KnownCards:
    """Fetches the identity of such a card."""

    def __init__(self, idp: IdpClient, *, issuer: str) -> None:
        self._idp = idp
        self._issuer = issuer

    def address(self, key: str, *, card: str) -> str:
        """Where the browser whose draft has this key fetches a handle. `card` is the token with which it came."""
        return f"{self._issuer}/card/enrollment?{urlencode({'card': card, 'draft': _name_of(key)})}"

    def read(self, handle: str, *, key: str) -> CardIdentity:
        """The identity behind the handle that this browser brings.

        Raises:
            CardNotRead
        """
        if not _HANDLE.fullmatch(handle):
            raise CardNotRead("card.forgotten")
        try:
            identity = self._idp.known_card(handle, draft=_name_of(key))
        except (IdpUnavailable, IdpRefused):
            raise CardNotRead("card.unavailable") from None
        if identity is None:
            raise CardNotRead("card.forgotten")
        return identity


def _name_of(key: str) -> str:
    """The name of a draft at the identity provider; the database does not hold it."""
    return fingerprint(f"card of a draft\n{key}")
