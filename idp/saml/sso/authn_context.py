"""What a service provider asks of the authentication, and what we may state of it: Core, section 3.3.2.2.1.

The classes form one order, that of `AssuranceLevel`; a session of a higher assurance may
state every lower class, since a card holder has done no less than give a password.
pysaml2's broker is not used: it compares by the first class only.
"""

from collections.abc import Callable, Mapping

from idp.saml.pysaml2.messages import RequestedContext
from idp.sessions.acr import CLASS
from relying_parties.policy import AssuranceLevel

_CLASSES = "urn:oasis:names:tc:SAML:2.0:ac:classes:"

KNOWN_CLASSES: Mapping[str, AssuranceLevel] = {
    **{word: assurance for assurance, word in CLASS.items()},
    f"{_CLASSES}unspecified": AssuranceLevel.PASSWORD,
    f"{_CLASSES}Password": AssuranceLevel.PASSWORD,
    f"{_CLASSES}Smartcard": AssuranceLevel.CARD,
}


class NoAuthnContext(Exception):
    """Nothing here can meet what is asked."""


class UnknownComparison(Exception):
    """Core knows exact, minimum, maximum and better."""


def required_level(context: RequestedContext | None) -> AssuranceLevel | None:
    """The least assurance that satisfies `context`, None when any does.

    Raises:
        NoAuthnContext
        UnknownComparison
    """
    if context is None:
        return None
    try:
        required = _REQUIRED_LEVEL[context.comparison]
    except KeyError:
        raise UnknownComparison from None
    named = [KNOWN_CLASSES[word] for word in context.classes if word in KNOWN_CLASSES]
    if not named:
        raise NoAuthnContext
    return required(named)


def class_ref_for(context: RequestedContext | None, achieved: AssuranceLevel) -> str:
    """The class that says `achieved` to whoever asked for `context`, in the word they used where they did.

    Only for an assurance that `required_level` finds enough.
    """
    if context is None:
        return CLASS[achieved]
    named = [word for word in context.classes if word in KNOWN_CLASSES]
    highest = max((KNOWN_CLASSES[word] for word in named), default=achieved)
    match context.comparison:
        case "exact":
            stated = max(KNOWN_CLASSES[word] for word in named if KNOWN_CLASSES[word] <= achieved)
        case "maximum":
            stated = min(achieved, highest)
        case _:
            stated = achieved
    return next((word for word in named if KNOWN_CLASSES[word] is stated), CLASS[stated])


def _level_above(named: list[AssuranceLevel]) -> AssuranceLevel:
    above = [assurance for assurance in AssuranceLevel if assurance > max(named)]
    if not above:
        raise NoAuthnContext
    return above[0]


_REQUIRED_LEVEL: Mapping[str, Callable[[list[AssuranceLevel]], AssuranceLevel | None]] = {
    "exact": min,
    "minimum": min,
    "maximum": lambda _: None,
    "better": _level_above,
}
