"""What the demonstration holds: settings of its own, the declared applications, invented people.

Putting it in place a second time changes nothing: what people changed since,
passwords included, stays as they left it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import as_file, files
from pathlib import Path

from config.audit import AuditKind, Entry
from config.database import Database
from config.revisions import advance
from idp.accounts.accounts import REVISION, Accounts, NewAccount
from idp.accounts.models import PasswordCredential
from idp.accounts.passwords import Passwords, Prepared
from relying_parties.declared import read_toml
from relying_parties.office import SecretFile
from relying_parties.policy import Offering
from relying_parties.registry import Registry

ACTOR = "demonstration"
FIRST_PORT = 8400  # the declared applications count on it


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone invented, and their invented password."""

    login: str
    password: str
    given_name: str
    family_name: str
    profession: str
    shows: str
    enters: tuple[str, ...] = ()
    password_is_old: bool = False
    disabled: bool = False

    @property
    def new_account(self) -> NewAccount:
        return NewAccount(
            login=self.login,
            given_name=self.given_name,
            family_name=self.family_name,
            email=f"{self.login}@exemple.test",
            profession=self.profession,
        )


PEOPLE = (
    Person(
        login="jdupont",
        password="Cerisier-Bleu-72",  # noqa: S106 - invented, like those below
        given_name="Jeanne",
        family_name="Dupont",
        profession="10",
        shows="physician, may enter every application",
        enters=("dcc",),
    ),
    Person(
        login="alegall",
        password="Riviere-Douce-58",  # noqa: S106
        given_name="Anne-Laure",
        family_name="Le Gall",
        profession="60",
        shows="nurse, may not enter the DCC",
    ),
    Person(
        login="nfaure",
        password="Moulin-Blanc-36",  # noqa: S106
        given_name="Noé",
        family_name="Faure",
        profession="21",
        shows="pharmacist, whose password has expired",
        enters=("dcc",),
        password_is_old=True,
    ),
    Person(
        login="cmoreau",
        password="Falaise-Verte-94",  # noqa: S106
        given_name="Camille",
        family_name="Moreau",
        profession="50",
        shows="midwife, whose account is disabled",
        disabled=True,
    ),
)


def settings_file(folder: Path, *, first_port: int) -> Path:
    """The settings of the demonstration kept in `folder`, written where each command can be pointed to them."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "settings.toml"
    file.write_text(
        f"""\
# The demonstration's settings, written anew each time it starts.
environment = "development"
issuer = "http://localhost:{first_port}"
port = {first_port}
region = "Région Centre"
support_phone = "02 00 00 00 00"
support_email = "assistance@exemple.test"
data_folder = "{folder.resolve()}"
mail_transport = "folder"
password_policy = "legacy-ideosso"
""",
        encoding="utf-8",
    )
    return file


def register_applications(registry: Registry, offering: Offering, folder: Path, *, first_port: int) -> None:
    """Register the declared applications; their secrets are kept in `folder`."""
    for name, text in declared_applications(first_port):
        file = secret_file(folder, name)
        with as_file(files("relying_parties") / "applications") as beside, SecretFile.beside(file) as kept:
            secret = registry.declare(read_toml(text, offering, folder=beside), actor=ACTOR).secret
            if secret is None and not file.exists():
                secret = registry.rotate_secret(name, actor=ACTOR, overlap=timedelta(0)).secret
            kept.keep(secret)


def declared_applications(first_port: int) -> Iterator[tuple[str, str]]:
    """The name and the text of each declared application, moved to the ports that follow `first_port`."""
    for file in (files("relying_parties") / "applications").iterdir():
        if file.name.endswith(".toml"):
            text = file.read_text(encoding="utf-8")
            for after in (11, 12):
                text = text.replace(f"127.0.0.1:{FIRST_PORT + after}", f"127.0.0.1:{first_port + after}")
            yield file.name.removesuffix(".toml"), text


def secret_file(folder: Path, application: str) -> Path:
    return folder / f"{application}.secret"


def create_accounts(accounts: Accounts, passwords: Passwords, database: Database) -> None:
    """Create the accounts of the people above that are not there yet."""
    for person in PEOPLE:
        if accounts.by_login(person.login) is None:
            _create(person, accounts, passwords, database)


def _create(person: Person, accounts: Accounts, passwords: Passwords, database: Database) -> None:
    standing = accounts.create(person.new_account, actor=ACTOR)
    prepared = passwords.prepare(standing.account_id, person.password)
    if not isinstance(prepared, Prepared):
        raise TypeError(f"{person.login}: the policy refuses the invented password")
    entry = Entry(kind=AuditKind.PASSWORD_SET, account=standing.account_id, login=person.login, actor=ACTOR)
    passwords.keep(prepared, entry)
    for application in person.enters:
        accounts.grant(person.login, application, actor=ACTOR)
    if person.password_is_old and passwords.policy.lifetime is not None:
        _grow_old(database, standing.account_id, passwords.policy.lifetime)
    if person.disabled:
        accounts.disable(person.login, actor=ACTOR)


def _grow_old(database: Database, account_id: str, age: timedelta) -> None:
    """Make the password as old as that, as only a demonstration may."""
    with database.transaction() as session:
        session.get_one(PasswordCredential, account_id).set_at -= age
        advance(session, REVISION)
