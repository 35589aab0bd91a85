"""The description of an account to create, and everything that may be wrong with it."""

from dataclasses import dataclass

from config.mail_addresses import is_address
from config.reference.professions import PROFESSIONS
from idp.accounts.models import Language, Proof
from idp.accounts.usernames import is_username, username_for


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """The description of an account to create; without a login, one is made from the name."""

    given_name: str
    family_name: str
    email: str
    login: str | None = None
    profession: str | None = None
    national_id: str | None = None
    national_id_proof: Proof | None = None
    language: Language = Language.FRENCH

    def problems(self) -> list[str]:
        """Everything that keeps this from being an account, one sentence each."""
        problems = [
            f"{name}: must be 1 to 120 characters on one line"
            for name in ("given_name", "family_name")
            if not _is_one_line(getattr(self, name))
        ]
        if not is_address(self.email):
            problems.append("email: must be one address such as jeanne.dupont@exemple.test")
        if self.login is not None and not is_username(self.login):
            problems.append("login: must be small letters, digits, dots or hyphens, 64 at most")
        if self.login is None and username_for(self.given_name, self.family_name, ()) is None:
            problems.append("login: must be given, since none can be made from this name")
        if self.profession is not None and self.profession not in PROFESSIONS:
            problems.append(f"profession: {self.profession!r} is not the code of a profession, such as 10 or 60")
        if self.national_id is not None and not (_is_one_line(self.national_id) and len(self.national_id) <= 64):
            problems.append("national_id: must be 1 to 64 characters, such as 899700123450")
        if self.national_id is not None and len(self.national_id) == 11 and self.national_id.isdecimal():
            problems.append("national_id: an RPPS number is written with 8 before it: type of identifier, then number")
        if (self.national_id is None) != (self.national_id_proof is None):
            problems.append("national_id: must come with how it was proven, and the proof with it")
        return problems


def _is_one_line(text: str) -> bool:
    return 0 < len(text.strip()) == len(text) <= 120 and text.isprintable()
