"""The pages that need no login: the request for an account, accessibility, and the letters of a demonstration."""

from config.web.pages import AccessibilityPage, Page
from idp.demo.letters import LetterOnPage, LettersPage
from idp.web.public import AskForAccountPage
from tests.idp.page_states.parts import PENDING, STARTED

STATES: dict[str, Page] = {
    "ask-for-account": AskForAccountPage(back_url=f"/login/{PENDING}"),
    "letters": LettersPage(
        letters=(
            LetterOnPage(
                to="jeanne.dupont@exemple.test",
                subject="Choisissez votre mot de passe",
                sent_at=STARTED,
                body="Bonjour,\n\nCe lien sert une fois, pendant 60 minutes.\nhttps://id.example/password/choose/abc",
                link="https://id.example/password/choose/abc",
            ),
        )
    ),
    "letters-none": LettersPage(),
    "accessibility": AccessibilityPage(),
}
