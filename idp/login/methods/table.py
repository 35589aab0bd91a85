"""The table of login methods: the only place where the product's methods are listed."""

from collections.abc import Mapping

from idp.login.methods.base import LoginMethod, MethodServices
from idp.login.methods.card.method import CardMethod
from idp.login.methods.offered import LoginMethods
from idp.login.methods.password import PasswordMethod
from idp.sessions.authentication import assurance_of
from idp.settings import Settings
from relying_parties.policy import AssuranceLevel

METHODS: tuple[type[LoginMethod], ...] = (CardMethod, PasswordMethod)


def login_methods(settings: Settings, services: MethodServices) -> LoginMethods:
    """The methods that this installation offers."""
    return LoginMethods(method.of(services) for method in METHODS if method.is_offered(settings))


def offered_levels(settings: Settings) -> Mapping[str, AssuranceLevel]:
    """Each method offered, with the assurance it reaches alone, or together with the others."""
    types = [method.factor for method in METHODS if method.is_offered(settings)]
    together = assurance_of(types)
    levels = {each.method: each.alone or together for each in types}
    return {name: level for name, level in levels.items() if level is not None}
