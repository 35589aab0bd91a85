"""The commands about accounts, run on the parts that the tests hold."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from idp.accounts.commands import account
from idp.accounts.service import AccountService
from tests.builders.accounts import AccountParts

Command = Callable[..., Result]


@pytest.fixture
def idp_account(parts: AccountParts) -> Command:
    """`idp account ...`, with what is written on its standard input."""

    class Installation:
        settings = parts.settings

        def account_service(self) -> AccountService:
            return parts.service

        def find_application(self, name: str) -> str | None:
            return {"dcc": "dcc-client", "perinat": "perinat-client"}.get(name)

        def roles_in(self, identifier: str) -> tuple[str, ...]:
            return ("midwife", "secretary") if identifier == "perinat-client" else ()

    return lambda *arguments, given="": CliRunner().invoke(account, arguments, input=given, obj=Installation())
