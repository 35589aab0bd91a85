"""The contents of the demonstration: its settings, its registered applications, its invented people.

Creating them a second time changes nothing: the passwords and other data that people changed since stay as they are.
"""

import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from config.actor import Actor
from config.conditions import DEFAULT_FOLDER, read_conditions
from idp.accounts.assignments import UNLIMITED
from idp.accounts.models import Account, PasswordCredential
from idp.accounts.snapshot import AcceptedConditions
from idp.container.services import Services
from idp.demo import cards, enrollment
from idp.demo.communities import add_communities
from idp.demo.people import PEOPLE, Person
from idp.demo.samples import SAMPLES, Sample
from relying_parties.registration.registration import Registration
from relying_parties.registration.toml_registration import read_toml
from relying_parties.registry.registry import Declared, Outcome
from relying_parties.registry.service import SecretFile

ACTOR = Actor.service("demonstration")
REGISTERED_ONLY = ("observatoire", "veille")  # people can ask for them; no program serves them
FIRST_PORT = 8400  # the registration files of the applications are written for it


def settings_file(folder: Path, *, first_port: int) -> Path:
    """Write the settings file of the demonstration in `folder`, and return its path for `idp --settings`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / "settings.toml"
    file.write_text(
        f"""\
# The settings of the demonstration. Each start overwrites this file.
environment = "development"
issuer = "http://localhost:{first_port}"
port = {first_port}
region = "Région Centre"
support_phone = "02 00 00 00 00"
support_email = "assistance@exemple.test"
data_folder = {json.dumps(str(folder.resolve()), ensure_ascii=False)}
mail_transport = "folder"
password_policy = "legacy-ideosso"
account_request_url = "{enrollment.address(first_port)}/"
conditions_folder = {json.dumps(str(DEFAULT_FOLDER), ensure_ascii=False)}
enrollment_secret_file = {json.dumps(str(enrollment.secret_file(folder).resolve()), ensure_ascii=False)}
{cards.prepare(folder, first_port=first_port)}""",
        encoding="utf-8",
    )
    return file


def register_applications(services: Services, folder: Path, *, first_port: int) -> frozenset[str]:
    """Register enrollment and the sample applications, and write their secrets in `folder`.

    Returns the names of the sample applications that are new.
    """
    new = set()
    for name in REGISTERED_ONLY:
        registration = read_toml(_declared_file(name), services.capabilities)
        services.registry.declare(registration, actor=ACTOR)
    text = _declared_file(enrollment.NAME).replace(enrollment.address(FIRST_PORT), enrollment.address(first_port))
    registration = read_toml(text, services.capabilities)
    _register_with_secret(services, registration, enrollment.client_secret_file(folder))
    for sample in SAMPLES:
        sample.prepare(folder, first_port=first_port)
        registration = read_toml(
            registration_file(sample, first_port), services.capabilities, folder=sample.folder(folder)
        )
        if sample.uses_saml:
            registered = services.registry.declare(registration, actor=ACTOR)
        else:
            registered = _register_with_secret(services, registration, sample.secret_file(folder))
        if registered.outcome is Outcome.REGISTERED:
            new.add(sample.name)
    return frozenset(new)


def _register_with_secret(services: Services, registration: Registration, file: Path) -> Declared:
    with SecretFile.next_to(file) as kept:
        registered = services.registry.declare(registration, actor=ACTOR)
        secret = registered.secret
        if secret is None and not file.exists():
            secret = services.registry.rotate_secret(registration.name, actor=ACTOR, overlap=timedelta(0)).secret
        kept.keep(secret)
    return registered


def registration_file(sample: Sample, first_port: int) -> str:
    """The text of the registration file of `sample`, whose addresses have the ports that follow `first_port`."""
    return _declared_file(sample.name).replace(sample.address(FIRST_PORT), sample.address(first_port))


def _declared_file(name: str) -> str:
    return (files("relying_parties") / "applications" / f"{name}.toml").read_text(encoding="utf-8")


def create_accounts(services: Services, *, entitle_to: frozenset[str] = frozenset()) -> None:
    """Create the communities, and the accounts of `PEOPLE` that do not exist yet.

    People who have an account already may enter the applications of `entitle_to` as well, if they are meant for them.
    """
    add_communities(services.communities, actor=ACTOR)
    for person in PEOPLE:
        if services.accounts.by_username(person.login) is None:
            _create(person, services)
        else:
            for application in entitle_to & set(person.entitled_to):
                services.account_service.grant(person.login, application, actor=ACTOR)


def _create(person: Person, services: Services) -> None:
    """Create the account of `person`, whose e-mail address counts as verified, with the age of its password."""
    provisioning, new = services.provisioning, person.new_account
    password = provisioning.hash_first_password(new, person.password, must_change=False)
    age = services.settings.password_lifetime if person.password_is_old else timedelta(0)
    entitlements, memberships = (dict.fromkeys(names, UNLIMITED) for names in (person.entitled_to, person.member_of))
    version = read_conditions(services.settings.conditions_folder).version
    accepted = AcceptedConditions(version=version, language=new.language, accepted_at=datetime.now(UTC))
    with services.database.transaction() as session:
        created = provisioning.provision(
            session,
            new,
            actor=ACTOR,
            entitlements=entitlements,
            memberships=memberships,
            conditions=accepted,
            first_password=password,
        )
        session.get_one(Account, created.account_id).email_verified_at = created.created_at
        session.get_one(PasswordCredential, created.account_id).set_at = created.created_at - age
        if person.disabled:
            provisioning.disable(session, person.login, actor=ACTOR)
    for role in person.operates:
        services.operators.grant(person.login, role, actor=ACTOR)
