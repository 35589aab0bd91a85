"""Logout messages of a service provider whose key its metadata do not have."""

from tests.actors.saml_logout import LeavingProvider
from tests.builders.saml import key_pair


def forged(provider: LeavingProvider) -> LeavingProvider:
    """The same service provider, with a key that its metadata do not have."""
    return LeavingProvider(
        sp=type(provider.sp)(**(fields(provider.sp) | {"keys": key_pair("stranger")})), at=provider.at
    )


def fields(sp):
    return {name: getattr(sp, name) for name in type(sp).__dataclass_fields__}
