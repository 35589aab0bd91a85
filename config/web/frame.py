"""The frame of a service's pages: a navigation, and the person who is signed in. Both are optional."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NavigationLink:
    """A link of the navigation. `is_current`: the page belongs to it."""

    label: str
    address: str
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The person who is signed in, and the address to sign out."""

    name: str
    sign_out: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The frame of one request's page."""

    navigation: tuple[NavigationLink, ...] = ()
    signed_in: SignedIn | None = None


NO_FRAME = Frame()
