"""What a service adds around its pages: a navigation, and who is signed in. A service without them adds nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NavigationLink:
    """A part of the service. `is_current` marks the one that the page belongs to."""

    label: str
    address: str
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The person who is signed in, and where they sign out."""

    name: str
    sign_out: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What surrounds the pages of one request."""

    navigation: tuple[NavigationLink, ...] = ()
    signed_in: SignedIn | None = None


NO_FRAME = Frame()
