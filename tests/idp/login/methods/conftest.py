from collections.abc import Iterator

import pytest
from jinja2 import ChoiceLoader, DictLoader

from idp.login.methods import table
from tests.fixtures.idp import idp as idp_by_password
from tests.idp.login.methods.drawn_code import TEMPLATE, DrawnCodeMethod

__all__ = ["idp_by_password"]


@pytest.fixture
def two_methods(monkeypatch: pytest.MonkeyPatch, jeanne) -> None:
    """This installation offers a second method, which Jeanne has enrolled and Paul has not."""
    monkeypatch.setattr(table, "METHODS", (*table.METHODS, DrawnCodeMethod))
    monkeypatch.setattr(DrawnCodeMethod, "enrolled", frozenset({jeanne.login}))


@pytest.fixture
def idp(two_methods: None, idp_by_password) -> Iterator:
    environment = idp_by_password.app.jinja_env
    environment.loader = ChoiceLoader([environment.loader, DictLoader({DrawnCodeMethod.template: TEMPLATE})])
    return idp_by_password
