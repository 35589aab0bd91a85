"""The certificate that service providers know us by is changed, from one to the next until the old one is gone.

Three of them, continuous logins, and not one that fails. Two have our certificate
in a file that their administrators keep; the third reads our metadata again and again.
"""

import threading
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser

from config.sql.database import Database
from idp.container.services import Services
from relying_parties.sp_metadata.service_provider import Binding, Endpoint
from tests.actors.browser import Professional
from tests.actors.identity_provider import Operator
from tests.actors.service_provider import ServiceProvider, SignedOn
from tests.builders.operators import OPERATOR
from tests.builders.saml import a_saml_registration, key_pair
from tests.outages.service import Service
from tests.processes import until

SIGN_ONS_A_SESSION = 5
ENOUGH = 12  # sign-ons of each service provider after each step


@dataclass(slots=True)
class Administered:
    """A service provider and its administrator; with `follows` it reads our metadata before each sign-on."""

    provider: ServiceProvider
    service: Service
    follows: bool = False
    signed_by: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def trusts(self, *certificates: str) -> None:
        self.provider.idp_certificate, *others = certificates
        self.provider.also_trusts = tuple(others)

    def refreshes(self) -> None:
        octets = self.service.anyone().asks(f"{self.service.issuer}/saml/metadata").data
        self.trusts(*OneLogin_Saml2_IdPMetadataParser.parse(octets)["idp"]["x509certMulti"]["signing"])

    def is_signed_on_to(self, person: Professional) -> None:
        """A person logs in, and signs on a few times in that session."""
        browser = self.service.anyone()
        page = browser.visits(self.provider.asks())
        page = browser.gives(person)
        for _ in range(SIGN_ONS_A_SESSION):
            self.signed_by[certificate_in(self.provider.signs_on(page))] += 1
            if self.follows:
                self.refreshes()
            page = browser.visits(self.provider.asks())
        self.signed_by[certificate_in(self.provider.signs_on(page))] += 1

    def again_and_again(self, person: Professional, over: threading.Event) -> None:
        while not over.is_set():
            try:
                self.is_signed_on_to(person)
            except Exception as fault:  # of whatever kind, in a thread: the test says that there is none
                self.faults.append(repr(fault))


def certificate_in(signed_on: SignedOn) -> str:
    """What the answer's signature was made with; it was verified with a certificate that is trusted."""
    return "".join((signed_on.find("ds:Signature//ds:X509Certificate").text or "").split())


@pytest.fixture
def service(new_service) -> Service:
    return new_service()


@pytest.fixture
def operator(service: Service) -> Iterator[Operator]:
    database = Database.open(service.settings)
    yield Operator(services=Services.of(service.settings, database))
    database.close()


@pytest.fixture
def three(service: Service, operator: Operator) -> list[Administered]:
    """Registered before the service starts. They trust the certificate of that day."""
    certificate = operator.services.keys.ring().saml_identity(None, "rsa-sha256").certificate
    return [registers(operator, service, name, certificate) for name in ("messagerie", "imagerie", "pharmacie")]


def registers(operator: Operator, service: Service, name: str, certificate: str) -> Administered:
    consumer = f"https://{name}.example/saml/acs"
    registration = a_saml_registration(
        name=name,
        identifier=name,
        home_url=f"https://{name}.example/",
        entity_id=f"https://{name}.example/saml/metadata",
        assertion_consumer_services=(Endpoint(binding=Binding.POST, location=consumer, index=0, is_default=True),),
        automatic_key_update=name == "pharmacie",
    )
    operator.services.registry.declare(registration, actor=OPERATOR)
    provider = ServiceProvider(
        issuer=service.issuer,
        idp_certificate=certificate,
        entity_id=registration.saml.entity_id if registration.saml else "",
        consumer=consumer,
        keys=key_pair("messagerie"),
    )
    return Administered(provider, service, follows=name == "pharmacie")


@contextmanager
def going_on(applications: Sequence[Administered], people: Sequence[Professional]) -> Iterator[None]:
    over = threading.Event()
    threads = [
        threading.Thread(target=application.again_and_again, args=(person, over))
        for application, person in zip(applications, people, strict=True)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def until_more(applications: Sequence[Administered]) -> None:
    """Each of them has been signed on to so many times more, or a login has failed."""
    wanted = [application.signed_by.total() + ENOUGH for application in applications]
    until(
        lambda: (
            any(application.faults for application in applications)
            or all(each.signed_by.total() >= number for each, number in zip(applications, wanted, strict=True))
        ),
        what="sign-ons",
    )


def sent_certificate(service: Service) -> str:
    """What the operator sends to administrators, as they put it in their configuration."""
    pem = service.idp("keys", "certificate").encode()
    return b64encode(load_pem_x509_certificate(pem).public_bytes(Encoding.DER)).decode()


def test_not_one_login_fails_while_three_service_providers_are_brought_to_a_new_certificate(
    service, operator, three, people
):
    messagerie, imagerie, pharmacie = three
    first = messagerie.provider.idp_certificate
    second = sent_certificate(service)
    service.start()
    pharmacie.refreshes()

    with going_on(three, people[:3]):
        until_more(three)
        # The jobs move the one that follows our metadata: the next key has been in it for months.
        until(lambda: second in pharmacie.signed_by or pharmacie.faults, what="an answer by the next key")
        assert pharmacie.signed_by.keys() <= {first, second}

        service.idp("keys", "rotate")  # the others are answered as before
        until_more(three)
        assert messagerie.signed_by.keys() == imagerie.signed_by.keys() == {first}

        with service.begins("keys", "rotate", "--even-if-recent") as refused:
            assert "still signs for imagerie, messagerie" in refused.communicate()[1]
        assert refused.returncode == 1

        third = sent_certificate(service)
        for application, name in ((messagerie, "messagerie"), (imagerie, "imagerie")):
            application.trusts(first, third)
            service.idp("keys", "cut-over", name)
            until_more(three)
            assert application.signed_by.keys() == {first, third}
            application.trusts(third)
        assert "No application has to be cut over." in service.idp("keys", "applications", "--remaining")

        service.idp("keys", "rotate", "--even-if-recent")  # takes the first key away
        until_more(three)

    assert [application.faults for application in three] == [[], [], []]
    published = OneLogin_Saml2_IdPMetadataParser.parse(service.anyone().asks(f"{service.issuer}/saml/metadata").data)
    assert first not in published["idp"]["x509certMulti"]["signing"]
