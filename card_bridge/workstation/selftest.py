"""The self-test of a workstation: each check, what it found, and what to do when it failed."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from card_bridge.states import CardState
from card_bridge.workstation.operation import Workstation
from card_bridge.workstation.origin_client import Cause, OriginClient, ServiceUnreachable
from card_bridge.workstation.pin_entry.pinentry import graphical_pinentry
from card_bridge.workstation.pin_entry.window import WindowDialogs
from card_bridge.workstation.process_hardening import is_hardened
from card_bridge.workstation.settings import BridgeSettings
from card_bridge.workstation.texts import sentences
from card_bridge.workstation.version import VERSION
from config.strict_parsing import InvalidJson, parse_json_object


class Result(StrEnum):
    PASSED = "passed"
    WARNING = "warning"
    """The bridge works; something can be better."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the self-test. Texts are pairs, in French and in English."""

    name: str
    """The identifier, for scripts."""
    title: tuple[str, str]
    result: Result
    found: tuple[str, str]
    to_do: tuple[str, str] = ("", "")
    """What to do; empty when the check passed."""


def run(settings: BridgeSettings, seen: Workstation, *, port: int | None, refused: Sequence[str] = ()) -> list[Check]:
    """Every check, in the order in which a fault is best looked for.

    Args:
        settings: of the files.
        seen: the state of readers and card.
        port: the port of the running bridge; None when it does not run.
        refused: sites that called the running bridge without being in the settings.
    """
    return [
        _program(port),
        _memory(),
        _sites(settings),
        *([_refused_sites(refused)] if refused else []),
        *_identity_providers(settings),
        *_reader_and_card(seen),
        _pin_entry(),
        *([_browsers(settings.origins)] if settings.origins else []),
    ]


def _program(port: int | None) -> Check:
    title = ("Logiciel de carte", "Card bridge")
    if port is None:
        return Check(
            name="bridge",
            title=title,
            result=Result.FAILED,
            found=(f"Version {VERSION}, arrêtée.", f"Version {VERSION}, not running."),
            to_do=(
                "Lancez « card-bridge install », puis rouvrez la session.",
                "Run “card-bridge install”, then log in to the computer again.",
            ),
        )
    found = f"Version {VERSION}, 127.0.0.1:{port}."
    return Check(name="bridge", title=title, result=Result.PASSED, found=(found, found))


def _memory() -> Check:
    title = ("Mémoire protégée", "Protected memory")
    match is_hardened():
        case True:
            return Check(
                name="memory",
                title=title,
                result=Result.PASSED,
                found=("Aucune copie de la mémoire n’est écrite sur le disque.", "No copy of the memory is written."),
            )
        case None:
            return Check(
                name="memory",
                title=title,
                result=Result.WARNING,
                found=("Ce système ne permet pas de le vérifier.", "This system does not say."),
                to_do=("Désactivez les rapports de plantage.", "Turn crash reports off."),
            )
        case False:
            return Check(
                name="memory",
                title=title,
                result=Result.WARNING,
                found=("Cette commande n’est pas le service protégé.", "This command is not the protected service."),
                to_do=("Ouvrez la page d’autotest du logiciel.", "Open the self-test page of the bridge."),
            )


def _sites(settings: BridgeSettings) -> Check:
    title = ("Sites autorisés", "Allowed sites")
    if not settings.origins:
        return Check(
            name="origins",
            title=title,
            result=Result.FAILED,
            found=("Aucun.", "None."),
            to_do=(
                'Ajoutez dans /etc/poterne-card-bridge.toml : origins = ["https://…"].',
                'Add to /etc/poterne-card-bridge.toml: origins = ["https://…"].',
            ),
        )
    found = ", ".join(settings.origins)
    is_weak = settings.development or settings.pin_from_page
    return Check(
        name="origins",
        title=title,
        result=Result.WARNING if is_weak else Result.PASSED,
        found=(found, found),
        to_do=(
            "Retirez « development » et « pin_from_page » des réglages d’un poste réel.",
            "Remove “development” and “pin_from_page” from the settings of a real workstation.",
        )
        if is_weak
        else ("", ""),
    )


def _refused_sites(refused: Sequence[str]) -> Check:
    """To their pages, a bridge that does not know them is one that does not answer."""
    found = ", ".join(refused)
    return Check(
        name="refused-sites",
        title=("Sites refusés", "Refused sites"),
        result=Result.WARNING,
        found=(found, found),
        to_do=(
            "Si l’un d’eux doit lire la carte, ajoutez-le à « origins » dans les réglages.",
            "If one of them is to read the card, add it to “origins” in the settings.",
        ),
    )


_CALLS_AT_ONCE: Final = 8

CAUSES_IN_FRENCH: Final = {
    Cause.NO_CONNECTION: "pas de connexion",
    Cause.NOT_TRUSTED: "son certificat n’est pas reconnu",
    Cause.TIMED_OUT: "pas de réponse à temps",
    Cause.STATUS: "il a répondu par une erreur",
    Cause.WRONG_ANSWER: "sa réponse est inattendue",
}


def _identity_providers(settings: BridgeSettings) -> Iterator[Check]:
    client = OriginClient(user_agent=f"card-bridge/{VERSION}", ca_file=settings.ca_file)
    with ThreadPoolExecutor(_CALLS_AT_ONCE, "self-test") as calls:
        failures = list(calls.map(lambda origin: _failure_of(client, origin), settings.origins))
    for origin, failure in zip(settings.origins, failures, strict=True):
        title = (f"Accès à {origin}", f"Access to {origin}")
        if failure is not None:
            yield Check(
                name="identity-provider",
                title=title,
                result=Result.FAILED,
                found=(f"Injoignable : {CAUSES_IN_FRENCH[failure.cause]}.", f"Unreachable: {failure}."),
                to_do=(
                    "Vérifiez le réseau, le mandataire (https_proxy) et les autorités de certification (ca_file).",
                    "Check the network, the proxy (https_proxy) and the certificate authorities (ca_file).",
                ),
            )
        else:
            found = ("Joignable, certificat vérifié.", "Reachable, certificate verified.")
            yield Check(name="identity-provider", title=title, result=Result.PASSED, found=found)


def _failure_of(client: OriginClient, origin: str) -> ServiceUnreachable | None:
    try:
        client.get(f"{origin}/.well-known/openid-configuration")
    except ServiceUnreachable as failure:
        return failure
    return None


_READER_FAULTS: Final = (CardState.READER_SERVICE_AWAY, CardState.NO_READER)


def _reader_and_card(seen: Workstation) -> Iterator[Check]:
    (french, french_to_do), (english, english_to_do) = sentences(seen.state)
    to_do = (french_to_do, english_to_do)
    reader_title = ("Lecteur", "Reader")
    if seen.state in _READER_FAULTS:
        found = (french, english)
        yield Check(name="reader", title=reader_title, result=Result.FAILED, found=found, to_do=to_do)
        return
    name = seen.reader or "?"
    yield Check(name="reader", title=reader_title, result=Result.PASSED, found=(name, name))
    result = Result.PASSED if seen.state is CardState.READY else Result.FAILED
    if seen.state in (CardState.EXPIRES_SOON, CardState.NO_CARD):
        result = Result.WARNING
    french_holder = english_holder = ""
    if seen.holder is not None:
        holder, until = f" {seen.holder.name}, {seen.holder.profession}", seen.holder.expires_on
        french_holder = f"{holder}, jusqu’au {until:%d/%m/%Y}."
        english_holder = f"{holder}, until {until.isoformat()}."
    yield Check(
        name="card",
        title=("Carte", "Card"),
        result=result,
        found=(french + french_holder, english + english_holder),
        to_do=("", "") if seen.state is CardState.READY else to_do,
    )


def _pin_entry() -> Check:
    title = ("Saisie du code PIN", "PIN entry")
    if program := graphical_pinentry():
        return Check(name="pin-entry", title=title, result=Result.PASSED, found=(program, program))
    if WindowDialogs.is_available():
        found = ("La fenêtre du logiciel.", "The bridge’s own window.")
        return Check(name="pin-entry", title=title, result=Result.PASSED, found=found)
    return Check(
        name="pin-entry",
        title=title,
        result=Result.FAILED,
        found=("Aucune fenêtre ne peut s’ouvrir.", "No window can be opened."),
        to_do=(
            "Ouvrez une session graphique, et installez pinentry-gnome3 ou python3-tk.",
            "Open a graphical session, and install pinentry-gnome3 or python3-tk.",
        ),
    )


CHROMIUM_POLICIES: Final = ("LoopbackNetworkAllowedForUrls", "LocalNetworkAccessAllowedForUrls")
POLICY_FOLDERS: Final = (
    "/etc/opt/chrome/policies/managed",
    "/etc/chromium/policies/managed",
    "/etc/opt/edge/policies/managed",
)
FIREFOX_POLICIES: Final = ("/etc/firefox/policies/policies.json", "/usr/lib/firefox/distribution/policies.json")


def _browsers(origins: Sequence[str]) -> Check:
    title = ("Navigateurs", "Browsers")
    missing = [origin for origin in origins if not _is_allowed_by_policy(origin)]
    if not missing:
        found = ("La stratégie autorise chaque site.", "The policy allows every site.")
        return Check(name="browsers", title=title, result=Result.PASSED, found=found)
    sites = ", ".join(missing)
    return Check(
        name="browsers",
        title=title,
        result=Result.WARNING,
        found=(
            f"Aucune stratégie pour {sites} : le navigateur demandera une autorisation.",
            f"No policy for {sites}: the browser will ask for a permission.",
        ),
        to_do=("Imprimez la fiche pour le service informatique.", "Print the sheet for the IT department."),
    )


def _is_allowed_by_policy(origin: str) -> bool:
    for folder in POLICY_FOLDERS:
        for file in sorted(Path(folder).glob("*.json")):
            policies = _json(file)
            if any(_lists(policies.get(name), origin) for name in CHROMIUM_POLICIES):
                return True
    for name in FIREFOX_POLICIES:
        access = _json(Path(name)).get("policies", {})
        local = access.get("LocalNetworkAccess") if isinstance(access, dict) else None
        if isinstance(local, dict) and _lists(local.get("SkipDomains"), origin.partition("://")[2].partition(":")[0]):
            return True
    return False


def _lists(value: Any, wanted: str) -> bool:
    return isinstance(value, list) and wanted in value


def _json(file: Path) -> dict[str, Any]:
    """The policies of an administrator's file; none when it cannot be read."""
    try:
        return parse_json_object(file.read_bytes())
    except (OSError, InvalidJson):
        return {}
