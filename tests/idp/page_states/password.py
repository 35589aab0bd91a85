"""The pages on which a password is changed, chosen anew, or chosen for the first time."""

from datetime import date

from config.web.pages import Page
from idp.account_pages.password_pages import (
    ChoosePasswordPage,
    ForgottenPasswordPage,
    ForgottenSentPage,
    LinkSpentPage,
    PasswordChangedPage,
)
from idp.login.pages import ChangePasswordPage
from tests.idp.page_states.parts import DCC, LEGACY_RULES, PENDING, PERINAT, RULES

STATES: dict[str, Page] = {
    "change-password": ChangePasswordPage(reason="requested", login="jdupont", rules=RULES),
    "change-password-expired": ChangePasswordPage(
        reason="expired",
        application=DCC,
        pending=PENDING,
        login="jdupont",
        expired_on=date(2026, 11, 1),
        rules=LEGACY_RULES,
    ),
    "change-password-refused": ChangePasswordPage(
        reason="must-change",
        application=PERINAT,
        pending=PENDING,
        login="jdupont",
        rules=RULES,
        problems=(
            ("current_password", "current-password"),
            ("new_password", "password.too-short"),
            ("new_password", "password.personal"),
        ),
    ),
    "change-password-proven": ChangePasswordPage(
        reason="expired", application=DCC, pending=PENDING, login="jdupont", rules=RULES, is_proven=True
    ),
    "change-password-wait": ChangePasswordPage(reason="requested", login="jdupont", rules=RULES, wait_seconds=240),
    "forgotten-password": ForgottenPasswordPage(back_url=f"/login/{PENDING}"),
    "forgotten-password-missing": ForgottenPasswordPage(problems=(("login", "sought.missing"),)),
    "forgotten-password-wait": ForgottenPasswordPage(login="jdupont", wait_seconds=600),
    "forgotten-sent": ForgottenSentPage(back_url=f"/login/{PENDING}"),
    "choose-password": ChoosePasswordPage(token="t0ken", login="jdupont", rules=RULES),
    "choose-password-refused": ChoosePasswordPage(
        token="t0ken", login="jdupont", rules=RULES, problems=(("new_password", "password.common"),)
    ),
    "password-changed": PasswordChangedPage(),
    "password-changed-first": PasswordChangedPage(client_id="dcc", application=DCC),
    "link-spent": LinkSpentPage(token="q3Zs0uYJkPvX5mR1tA8cWg2LhN7bEfD4"),
}
