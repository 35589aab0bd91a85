"""Which letter the person of an accepted request is mailed, and with which first credential: a link, or a password.

The texts are in `acceptance_letters.py`.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from config.actor import Actor
from config.mail import Letter, Letters
from idp.accounts.acceptance import Acceptance, NewPerson
from idp.accounts.acceptance_letters import LinkInLetter, PasswordInLetter, acceptance_letter
from idp.accounts.accounts import now
from idp.accounts.models import Account
from idp.accounts.passwords.links import PasswordLinks
from idp.accounts.provisional_passwords import ProvisionalPassword
from idp.accounts.snapshot import AccountSnapshot
from idp.settings import FirstCredential, Settings

HIDDEN: Final = "…"
"""What a preview has in place of a link's token or a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedAcceptance:
    """The account with its access. `credential_is_new`: the person is to choose or change their password."""

    account: Account
    snapshot: AccountSnapshot
    actor: Actor
    credential_is_new: bool


class AcceptanceMail:
    """Mails the letters of acceptances, or shows them."""

    def __init__(self, *, settings: Settings, letters: Letters, links: PasswordLinks) -> None:
        self._settings = settings
        self._letters = letters
        self._links = links

    @property
    def has_passwords(self) -> bool:
        """Whether a new account gets a random password in its letter, and not a link to choose one."""
        return self._settings.first_password is not FirstCredential.LINK

    def post(
        self, session: Session, applied: AppliedAcceptance, accepted: Acceptance, password: ProvisionalPassword | None
    ) -> str | None:
        """Mail the letter, unless it would say nothing; its Message-ID."""
        if not _has_news(applied, accepted):
            return None
        credential: LinkInLetter | PasswordInLetter | None = None
        if applied.credential_is_new and password is not None:
            credential = PasswordInLetter(password=password.text, login_url=accepted.login_url)
        elif applied.credential_is_new:
            lifetime = self._settings.first_password_link_lifetime
            url = self._links.new_link(
                session, applied.snapshot, lifetime, actor=applied.actor, continue_to=accepted.continue_to
            )
            credential = LinkInLetter(url=url, ends_at=now() + lifetime)
        return self._letters.post(session, self._letter(applied, accepted, credential))

    def preview(self, applied: AppliedAcceptance, accepted: Acceptance) -> Letter | None:
        """The letter that `post` would mail, with `HIDDEN` for its secret; None when it would mail none."""
        if not _has_news(applied, accepted):
            return None
        credential: LinkInLetter | PasswordInLetter | None = None
        if applied.credential_is_new and self.has_passwords and isinstance(accepted.account, NewPerson):
            credential = PasswordInLetter(password=HIDDEN, login_url=accepted.login_url)
        elif applied.credential_is_new:
            ends_at = now() + self._settings.first_password_link_lifetime
            credential = LinkInLetter(url=self._links.address_of(HIDDEN), ends_at=ends_at)
        return self._letter(applied, accepted, credential)

    def _letter(
        self, applied: AppliedAcceptance, accepted: Acceptance, credential: LinkInLetter | PasswordInLetter | None
    ) -> Letter:
        return acceptance_letter(
            applied.snapshot,
            self._settings,
            reference=accepted.reference,
            granted=(*accepted.communities, *accepted.entitlements),
            credential=credential,
            words=accepted.words,
        )


def _has_news(applied: AppliedAcceptance, accepted: Acceptance) -> bool:
    return applied.credential_is_new or bool(accepted.communities or accepted.entitlements)
