"""The answers of `idp application`: text for a terminal, and JSON for a script."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from config.commands import echo, echo_lines, json_time, utc_time
from relying_parties.policy import AccessRule
from relying_parties.registration.client_metadata import as_client_metadata
from relying_parties.registration.saml_sp import SamlServiceProvider
from relying_parties.registration.toml_registration import as_toml
from relying_parties.registry.application import Application
from relying_parties.registry.registry import Declared, Outcome
from relying_parties.registry.saml_json import terms_as_json
from relying_parties.registry.service import RegistrationService, ReleaseReport, SecretFile
from relying_parties.sp_metadata.keys import certificate_ends


def print_registered(service: RegistrationService, declared: Declared, kept: SecretFile) -> None:
    """Print the outcome of a registration, and the operator's next steps."""
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
    print_secret(declared.secret, kept)
    if registered.is_suspended:
        echo(f"It is suspended. To let people log in again: idp application resume {registered.name}")
    if declared.secret is None and registered.oidc and registered.oidc.client_authentication.has_secret:
        echo(f"Its secret has not changed. For a new one: idp application rotate-secret {registered.name}")
    if declared.outcome is Outcome.REGISTERED:
        _print_next_steps(service, registered)


def _print_next_steps(service: RegistrationService, registered: Application) -> None:
    if registered.oidc is not None:
        echo("Next: give the application its client_id, its secret and this address:")
        echo(f"  {service.issuer}/.well-known/openid-configuration")
    if registered.saml is not None:
        echo("Next: give the application this address:")
        echo(f"  {service.issuer}/saml/metadata")
    if registered.entry is AccessRule.ENTITLED:
        echo(f"and entitle people: idp account grant LOGIN {registered.identifier}")


def print_secret(secret: str | None, kept: SecretFile) -> None:
    if secret is None:
        return
    if kept.path is not None:
        echo(f"  client_secret  is in {kept.path}, which only you can read")
    else:
        echo(f"  client_secret  {secret}")
        echo("The secret is shown only now: the registry stores its fingerprint.")


def print_terms(service: RegistrationService, found: Application) -> None:
    """Print the equivalent registration file, after comments with what such a file does not contain."""
    echo(f"# Registered {utc_time(found.registered_at)}, amended {utc_time(found.amended_at)}.")
    if found.suspended_at is not None:
        echo(f"# Suspended since {utc_time(found.suspended_at)}: nobody can log in to it.")
    for secret in found.secrets:
        if secret.good_until is not None:
            echo(f"# The previous secret works until {utc_time(secret.good_until)}.")
    for line in _metadata_lines(found.saml) if found.saml else ():
        echo(f"# {line}")
    for report in service.release_report(found) if found.saml else ():
        for line in _release_lines(report):
            echo(f"# {line}")
    logo = service.registry.logo(found.name)
    logo_file = f"{found.name}.{logo.media_type.name.lower()}" if logo else None
    echo_lines(as_toml(found, identifier=found.identifier, logo_file=logo_file))


def _metadata_lines(terms: SamlServiceProvider) -> Iterator[str]:
    metadata = terms.service_provider
    yield f"Entity id: {metadata.entity_id}"
    until = metadata.valid_until
    if until is None:
        yield "The metadata does not expire."
    else:
        yield f"The metadata {'expired' if until <= datetime.now(UTC) else 'is valid until'} {utc_time(until)}."
    for certificate in metadata.signing_certificates:
        ends = utc_time(certificate_ends(certificate))
        yield f"A signing certificate of the metadata ends {ends}; its key remains valid after that."
    if not metadata.encryption_keys:
        yield "The metadata has no encryption key: assertions pass through browsers unencrypted."
    if terms.weak_algorithms:
        yield f"Weak algorithms are accepted: {', '.join(terms.weak_algorithms)}"


def _release_lines(report: ReleaseReport) -> Iterator[str]:
    index = "" if report.index is None else f" by AttributeConsumingServiceIndex {report.index}"
    yield f"Released{index}: {', '.join(report.attributes) or 'no attribute'}"
    if report.unknown:
        yield f"  requested and unknown here: {_escaped(report.unknown)}"
    if report.unregistered:
        yield f"  requested and not in `attributes`: {', '.join(report.unregistered)}"
    if report.unasked:
        yield f"  in `attributes` and not requested: {', '.join(report.unasked)}"


def _escaped(names: Sequence[str]) -> str:
    """Names that a service provider chose, as printable ASCII."""
    shortened = ", ".join(ascii(name[:80])[1:-1] for name in names[:20])
    return f"{shortened}, and {len(names) - 20} more" if len(names) > 20 else shortened


def as_json(registered: Application, secret: str | None = None) -> dict[str, Any]:
    """The answer of RFC 7591 section 3.2.1, with the suspension and the SAML terms."""
    answer = as_client_metadata(registered, identifier=registered.identifier if registered.oidc else None)
    if registered.oidc is not None:
        answer["client_id_issued_at"] = int(registered.registered_at.timestamp())
    if secret is not None:
        answer |= {"client_secret": secret, "client_secret_expires_at": 0}
    answer["poterne_suspended_at"] = json_time(registered.suspended_at)
    if registered.oidc is None:
        answer |= {
            "poterne_identifier": registered.identifier,
            "poterne_registered_at": json_time(registered.registered_at),
        }
    if registered.saml is not None:
        metadata = registered.saml.service_provider
        answer["poterne_saml"] = terms_as_json(registered.saml) | {
            "entity_id": metadata.entity_id,
            "metadata_valid_until": json_time(metadata.valid_until),
            "assertion_consumer_services": [each.location for each in metadata.assertion_consumer_services],
        }
    return answer
