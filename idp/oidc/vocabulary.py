"""The name of this protocol, as logins, sessions and logouts know it."""

from typing import Final

PROTOCOL: Final = "oidc"
