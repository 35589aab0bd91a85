"""What a card costs the server, beside its two bare RSA verifications, with a list of 20,000 entries.

The two are those of the card's signature and of its certificate's. The CPU is that of one process, in microseconds; the
parsing of the assertion is included, and the paths of the authorities were validated before. A process verifies the
signature of a certificate once.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from card_bridge.assertion import CardAssertion, Purpose, signed_text
from card_bridge.verification.checks import AcceptedCards
from card_bridge.verification.verifier import CardVerifier
from card_bridge.vocabulary import CardEnvironment
from card_bridge.workstation.virtual.authority import Authority
from card_bridge.workstation.virtual.profile import Issuer
from config.sql.database import Database
from idp.migrations.tables import metadata
from tests.benchmarks.report import Verdict
from tests.benchmarks.servers import RedisServer
from tests.builders.card_trust import EVERY_TYPE, NONCE, ORIGIN, CardTrust, an_assertion, card_trust, issued

ENTRIES: Final = 20_000
ROUNDS, CALLS = 15, 100
LISTS: Final = 9
BOUND: Final = 2.0
BOUND_OF_A_NEW_CARD: Final = 3.0
LONGEST_LOGIN: Final = 5.0  # milliseconds, also right after a new list


def measure(folder: Path, _redis: RedisServer) -> list[Verdict]:
    authority = Authority(folder / "keys", address="http://127.0.0.1:1")
    database = Database.at(f"sqlite:///{folder / 'cards.sqlite'}")
    metadata().create_all(database.engine)
    trust = card_trust(authority, folder / "authorities", database)
    trust.publish(further=ENTRIES)
    card = issued(authority)
    assertion = an_assertion(card)
    text = assertion.written()
    certificate = x509.load_der_x509_certificate(card.der)
    issuer = authority.intermediate(Issuer.FORT).certificate
    key = certificate.public_key()
    assert isinstance(key, RSAPublicKey)
    signed = signed_text(
        purpose=Purpose.LOGIN, origin=ORIGIN, nonce=NONCE, certificate=card.der, presence=assertion.presence
    )

    accepted = AcceptedCards(environment=CardEnvironment.TEST, types=EVERY_TYPE)

    def verify(verifier: CardVerifier = trust.verifier) -> None:
        verifier.verify(
            CardAssertion.parse(text), purpose=Purpose.LOGIN, origin=ORIGIN, nonce=NONCE, now=datetime.now(UTC)
        )

    def verify_new() -> None:
        """As in a process that has just begun, whose verifier knows no certificate."""
        verify(CardVerifier(trust.authorities, trust.records, accepted))

    def verify_signature() -> None:
        key.verify(assertion.signature, signed, PKCS1v15(), SHA256())

    def verify_both() -> None:
        presented = x509.load_der_x509_certificate(card.der)
        its_key = presented.public_key()
        assert isinstance(its_key, RSAPublicKey)
        its_key.verify(assertion.signature, signed, PKCS1v15(), SHA256())
        presented.verify_directly_issued_by(issuer)

    verify()
    known, bare = compared(verify, verify_both)
    new, bare_again = compared(verify_new, verify_both)
    _, one = compared(verify, verify_signature)
    after_a_list = median(_milliseconds_after(trust, ENTRIES + number, verify) for number in range(1, LISTS + 1))
    return [
        Verdict(
            what="a card seen before: times its two bare RSA verifications",
            measured=known / bare,
            bound=BOUND,
            unit="x",
            detail=f"{known:.0f} against {bare:.0f} us; the one that it still needs takes {one:.0f} us",
        ),
        Verdict(
            what="a card not seen before: times its two bare RSA verifications",
            measured=new / bare_again,
            bound=BOUND_OF_A_NEW_CARD,
            aim=BOUND,
            unit="x",
            detail=f"{new:.0f} against {bare_again:.0f} us",
        ),
        Verdict(
            what=f"the first card after a list of {ENTRIES:,} entries",
            measured=after_a_list,
            bound=LONGEST_LOGIN,
            unit="ms",
            detail=f"median of {LISTS} lists; the index of serial numbers is read once for each",
        ),
    ]


def _milliseconds_after(trust: CardTrust, entries: int, verify: Callable[[], None]) -> float:
    trust.publish(further=entries)
    began = time.process_time()
    verify()
    return (time.process_time() - began) * 1_000


def compared(ours: Callable[[], None], bare: Callable[[], None]) -> tuple[float, float]:
    """The microseconds of a call of each: the least of several rounds, taken in turn."""
    rounds = [(_microseconds(ours), _microseconds(bare)) for _ in range(ROUNDS)]
    return min(each for each, _ in rounds), min(each for _, each in rounds)


def _microseconds(call: Callable[[], None]) -> float:
    began = time.process_time()
    for _ in range(CALLS):
        call()
    return (time.process_time() - began) / CALLS * 1e6
