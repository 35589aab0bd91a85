"""The pages of a hand-off: it asks to go on, did not end in a signature, or leads back. One sentence, one action."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import Final, Self

from werkzeug.wrappers import Request, Response

from card_bridge.states import CardState, SignOutcome
from card_bridge.workstation.pages.frame import html_page, page_language, with_forms
from card_bridge.workstation.texts import FRENCH, LANGUAGES, SENTENCES


class Problem(StrEnum):
    """What can fail between the bridge and the identity provider."""

    LINK_WRONG = "link-wrong"
    SERVICE_UNREACHABLE = "service-unreachable"
    ANSWER_WRONG = "answer-wrong"


_PROBLEMS: Final[dict[Problem, tuple[tuple[str, str], tuple[str, str]]]] = {
    Problem.LINK_WRONG: (
        ("Ce lien est incomplet.", "Revenez à la page de connexion et recommencez."),
        ("This link is incomplete.", "Return to the login page and start again."),
    ),
    Problem.SERVICE_UNREACHABLE: (
        (
            "Le service de connexion n’a pas répondu, ou ce lien a expiré.",
            "Revenez à la page de connexion et recommencez.",
        ),
        ("The login service did not answer, or this link has expired.", "Return to the login page and start again."),
    ),
    Problem.ANSWER_WRONG: (
        ("Le service de connexion a donné une réponse inattendue.", "Prévenez l’assistance."),
        ("The login service gave an unexpected answer.", "Tell the support."),
    ),
}


@dataclass(frozen=True, slots=True)
class HandOffPage:
    """Shows why the browser is not sent back at once."""

    language: str

    @classmethod
    def of(cls, request: Request) -> Self:
        return cls(page_language(request))

    def ask(self, issuer: str, fields: Mapping[str, str]) -> Response:
        """Another site, an e-mail or the person has opened the link: they go on only if they want to.

        Args:
            issuer: the allowed origin for which the card would sign.
            fields: of the form by which the person goes on.
        """
        heading = self._say("Lire votre carte pour ce site ?", "Read your card for this site?")
        advice = self._say(
            "Continuez seulement si vous venez de le demander sur ce site. Sinon, fermez cette page.",
            "Go on only if you have just asked for it on this site. Otherwise, close this page.",
        )
        form = _form(fields, self._say("Continuer", "Go on"))
        main = f"<p><strong>{escape(issuer)}</strong></p><p>{advice}</p>{form}"
        return with_forms(html_page(title=heading, main=main, language=self.language))

    def show(
        self,
        reason: CardState | SignOutcome | Problem,
        *,
        issuer: str | None = None,
        tries_left: int | None = None,
        again: Mapping[str, str] | None = None,
    ) -> Response:
        """Why nothing was signed.

        Args:
            reason: what happened.
            issuer: the origin to return to, already allowed.
            tries_left: of the PIN.
            again: the fields of the form that tries again, when a second try is worth it.
        """
        texts = _PROBLEMS[reason] if isinstance(reason, Problem) else SENTENCES[reason]
        happened, to_do = texts[LANGUAGES.index(self.language)]
        lines = [f'<p role="alert"><strong>{escape(happened)}</strong> {escape(to_do)}</p>']
        if tries_left is not None:
            lines.append(f"<p>{self._say('Essais restants : ', 'Tries left: ')}{tries_left}.</p>")
        if again is not None:
            lines.append(_form(again, self._say("Réessayer", "Try again")))
        if issuer is not None:
            label = self._say("Revenir à", "Return to")
            lines.append(f'<p><a href="{escape(issuer)}/">{label} {escape(issuer)}</a></p>')
        return with_forms(self._page("\n".join(lines)))

    def lead_back(self, address: str) -> Response:
        """The card has signed: the browser goes on to `address`, by itself or by the link."""
        label = self._say("Continuer la connexion", "Continue the login")
        done = self._say("La carte a été lue.", "The card was read.")
        link = f'<a class="action" href="{escape(address)}">{label}</a>'
        page = self._page(f'<p role="status"><strong>{done}</strong></p><p>{link}</p>')
        page.headers["Refresh"] = f"0; url={address}"
        return page

    def _page(self, main: str) -> Response:
        return html_page(title=self._say("Carte CPS", "CPS card"), main=main, language=self.language)

    def _say(self, french: str, english: str) -> str:
        return french if self.language == FRENCH else english


def _form(fields: Mapping[str, str], label: str) -> str:
    """A form of one button, posted to the hand-off."""
    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items())
    return f'<form method="post" action="/hand-off">{hidden}<button class="action">{label}</button></form>'
