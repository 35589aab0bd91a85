"""A password that has expired, and one that was forgotten, without losing the application asked for."""

import re
from datetime import timedelta

import pytest

from tests.installation import Installation, Professional, wait_until
from tests.pages.window import Window

FIVE_MONTHS = timedelta(days=150)
ANOTHER = "Falaise-Verte-94"


@pytest.fixture
def person_from_last_spring(installation: Installation, person_to_come: Professional) -> Professional:
    """Whose password is five months old, where it is valid for four."""
    return installation.create(person_to_come, ago=FIVE_MONTHS)


def new_password_fields(window: Window):
    return window.page.locator("input[autocomplete=new-password]")


def chooses(window: Window, password: str) -> None:
    fields = new_password_fields(window)
    fields.first.wait_for()
    window.page.wait_for_load_state()
    for field in fields.all():
        field.fill(password)
    window.page.locator("form:has(input[autocomplete=new-password]) button[type=submit]").click()


def test_an_expired_password_is_changed_in_the_middle_of_a_login(any_window, dcc, person_from_last_spring):
    person = person_from_last_spring
    any_window.asks_to_log_in(dcc)
    any_window.gives(person.login, person.password)

    new_password_fields(any_window).first.wait_for()
    assert dcc.full_name in any_window.text  # the application asked for is kept
    assert person.login in any_window.text
    assert any_window.password_field.count() == 0  # it was typed a moment ago
    chooses(any_window, "court")
    any_window.page.get_by_text("Ce mot de passe est trop court").first.wait_for()
    assert any_window.password_field.count() == 0
    chooses(any_window, ANOTHER)

    any_window.arrives(dcc)


def test_a_forgotten_password_is_chosen_anew_by_a_mailed_link(any_window, dcc, person, installation):
    any_window.asks_to_log_in(dcc)
    any_window.page.get_by_role("link", name=re.compile("oublié")).click()
    any_window.page.locator("main form input[type=text], main form input[type=email]").first.fill(person.login)
    any_window.page.locator("main form button[type=submit]").click()
    any_window.page.wait_for_load_state()

    any_window.page.goto(the_link_mailed_to(person, installation))
    chooses(any_window, ANOTHER)
    any_window.page.wait_for_load_state()

    any_window.asks_to_log_in(dcc)
    any_window.gives(person.login, ANOTHER)
    any_window.arrives(dcc)


def test_the_mailed_link_is_good_once(window, person, installation):
    window.page.goto(f"{installation.issuer}/password/forgotten")
    window.page.locator("main form input[type=text], main form input[type=email]").first.fill(person.login)
    window.page.locator("main form button[type=submit]").click()
    link = the_link_mailed_to(person, installation)
    for _ in range(2):
        window.page.goto(link)  # a scanner of mail may have opened it: looking does not use it
    chooses(window, ANOTHER)
    window.page.wait_for_load_state()

    window.page.goto(link)

    assert new_password_fields(window).count() == 0


def the_link_mailed_to(person: Professional, installation: Installation) -> str:
    """As soon as the letter that holds it is there."""

    def found() -> str | None:
        bodies = [letter.get_body(("plain",)).get_content() for letter in installation.letters_to(person)]
        return next(iter(re.findall(r"http://\S+/password/choose/\S+", "".join(bodies))), None)

    return wait_until(found, what=f"a link mailed to {person.email}")
