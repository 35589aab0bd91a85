"""What `idp application` answers: in words for a terminal, and in JSON for a script."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from config.commands import echo, echo_lines
from relying_parties.registration.client_metadata import as_client_metadata
from relying_parties.registration.saml_sp import SamlServiceProvider
from relying_parties.registration.toml_registration import as_toml
from relying_parties.registry.application import Application
from relying_parties.registry.registry import Declared, Outcome
from relying_parties.registry.saml_json import terms_as_json
from relying_parties.registry.service import RegistrationService, ReleaseReport, SecretFile
from relying_parties.sp_metadata.keys import certificate_ends


def tell_declared(office: RegistrationService, declared: Declared, kept: SecretFile) -> None:
    """What was done, what to know, and what is next."""
    registered = declared.application
    match declared.outcome:
        case Outcome.REGISTERED:
            echo(f"{registered.name} is registered: {registered.display_name.fr}")
        case Outcome.AMENDED:
            echo(f"{registered.name} is amended: {', '.join(declared.changed)}")
        case Outcome.UNCHANGED:
            echo(f"{registered.name} is unchanged")
    echo(f"  {'client_id ' if registered.oidc else 'identifier'}     {registered.identifier}")
    if registered.saml is not None:
        echo(f"  entity id      {registered.saml.entity_id}")
    tell_secret(declared.secret, kept)
    if registered.is_suspended:
        echo(f"It is suspended: `idp application resume {registered.name}` lets people in again.")
    if declared.secret is None and registered.oidc and registered.oidc.client_authentication.has_secret:
        echo(f"Its secret stands; for a new one: idp application rotate-secret {registered.name}")
    if declared.outcome is Outcome.REGISTERED:
        _tell_next(office, registered)


def _tell_next(office: RegistrationService, registered: Application) -> None:
    if registered.oidc is not None:
        echo("Next: give the application its client_id, its secret and this address:")
        echo(f"  {office.issuer}/.well-known/openid-configuration")
    if registered.saml is not None:
        echo("Next: give the application this address:")
        echo(f"  {office.issuer}/saml/metadata")
    if registered.entry == "entitled":
        echo(f"and entitle people: idp account entitle LOGIN {registered.identifier}")


def tell_secret(secret: str | None, kept: SecretFile) -> None:
    if secret is None:
        return
    if kept.path is not None:
        echo(f"  client_secret  is in {kept.path}, which only you can read")
    else:
        echo(f"  client_secret  {secret}")
        echo("The secret is shown this once: we keep only its fingerprint.")


def tell_terms(office: RegistrationService, found: Application) -> None:
    """The declared file that its terms equal, under what no file says."""
    echo(f"# Registered {day(found.registered_at)}, amended {day(found.amended_at)}.")
    if found.suspended_at is not None:
        echo(f"# Suspended since {day(found.suspended_at)}: no one can log in to it.")
    for secret in found.secrets:
        if secret.good_until is not None:
            echo(f"# Its previous secret is good until {day(secret.good_until)}.")
    for line in _of_metadata(found.saml) if found.saml else ():
        echo(f"# {line}")
    for given in office.given(found) if found.saml else ():
        for line in _of_each_person(given):
            echo(f"# {line}")
    logo = office.registry.logo(found.name)
    logo_file = f"{found.name}.{logo.media_type.name.lower()}" if logo else None
    echo_lines(as_toml(found, identifier=found.identifier, logo_file=logo_file))


def _of_metadata(terms: SamlServiceProvider) -> Iterator[str]:
    said = terms.service_provider
    yield f"Entity id: {said.entity_id}"
    until = said.valid_until
    past = until is not None and until <= datetime.now(UTC)
    yield f"Its metadata {'ended' if past else 'hold until'} {day(until)}." if until else "Its metadata have no end."
    for certificate in said.signing_certificates:
        yield f"A certificate that it signs with ends {day(certificate_ends(certificate))}; its key goes on."
    if not said.encryption_keys:
        yield "Its metadata have no key for encryption: what it is told passes through browsers unencrypted."
    if terms.weak_algorithms:
        yield f"Weak algorithms are accepted of it: {', '.join(terms.weak_algorithms)}"


def _of_each_person(given: ReleaseReport) -> Iterator[str]:
    index = "" if given.index is None else f" by AttributeConsumingServiceIndex {given.index}"
    yield f"Given of each person{index}: {', '.join(given.attributes) or 'no attribute'}"
    if given.unknown:
        yield f"  asked for and not known here: {_written(given.unknown)}"
    if given.unregistered:
        yield f"  asked for and not in `attributes`: {', '.join(given.unregistered)}"
    if given.unasked:
        yield f"  in `attributes` and not asked for: {', '.join(given.unasked)}"


def _written(names: Sequence[str]) -> str:
    """Names that a stranger chose, as printable ASCII."""
    shortened = ", ".join(ascii(name[:80])[1:-1] for name in names[:20])
    return f"{shortened}, and {len(names) - 20} more" if len(names) > 20 else shortened


def day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def as_json(registered: Application, secret: str | None = None) -> dict[str, Any]:
    """RFC 7591 section 3.2.1, when it was suspended, and its terms of SAML."""
    answer = as_client_metadata(registered, identifier=registered.identifier if registered.oidc else None)
    if registered.oidc is not None:
        answer["client_id_issued_at"] = int(registered.registered_at.timestamp())
    if secret is not None:
        answer |= {"client_secret": secret, "client_secret_expires_at": 0}
    answer["poterne_suspended_at"] = moment(registered.suspended_at)
    if registered.oidc is None:
        answer |= {
            "poterne_identifier": registered.identifier,
            "poterne_registered_at": moment(registered.registered_at),
        }
    if registered.saml is not None:
        said = registered.saml.service_provider
        answer["poterne_saml"] = terms_as_json(registered.saml) | {
            "entity_id": said.entity_id,
            "metadata_valid_until": moment(said.valid_until),
            "assertion_consumer_services": [each.location for each in said.assertion_consumer_services],
        }
    return answer


def moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
