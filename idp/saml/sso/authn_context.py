"""RequestedAuthnContext and AuthnContextClassRef: Core, section 3.3.2.2.1.

The classes have one order, that of `AssuranceLevel`. A session with a higher level may state every lower class, because
a login by card proves no less than a password. pysaml2's broker is not used: it compares only the first class.
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
    """No assurance level satisfies the requested context."""


class UnknownComparison(Exception):
    """Comparison is none of exact, minimum, maximum and better."""


def required_level(context: RequestedContext | None) -> AssuranceLevel | None:
    """The lowest assurance level that satisfies `context`; None if every level does.

    Raises:
        NoAuthnContext: no class is known, or no level is better than the requested ones.
        UnknownComparison: Comparison has another value.
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
    """The class to state for the level `achieved`: one that `context` names if possible.

    `achieved` must satisfy `required_level`.
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
