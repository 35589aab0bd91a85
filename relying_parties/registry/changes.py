"""What a new registration of an application changes, and what it must not change."""

from dataclasses import fields, replace
from typing import Any

from config.logos import Logo
from relying_parties.problems import AlreadyRegistered, Problem, RegistrationProblems, shown
from relying_parties.registration.oidc_client import OidcClient
from relying_parties.registration.registration import Registration, Terms
from relying_parties.registration.saml_rules import contradictions
from relying_parties.registration.saml_sp import SamlServiceProvider
from relying_parties.registry.application import Application
from relying_parties.sp_metadata.service_provider import ServiceProvider

_COMMON = tuple(term.name for term in fields(Terms) if term.name not in ("oidc", "saml"))
_OIDC = tuple(term.name for term in fields(OidcClient))
_SAML = tuple(term.name for term in fields(SamlServiceProvider))


def differences(before: Application, after: Registration | Application) -> tuple[str, ...]:
    """The names of the terms that differ, in their order. The validity of metadata is not a term."""
    changed = [
        *_different(_COMMON, before, after),
        *_different_protocol("oidc", _OIDC, before.oidc, after.oidc),
        *_different_protocol("saml", _SAML, _timeless(before.saml), _timeless(after.saml)),
    ]
    logo = after.logo.digest if isinstance(after.logo, Logo) else after.logo
    return tuple([*changed, "logo"] if before.logo != logo else changed)


def _timeless(terms: SamlServiceProvider | None) -> SamlServiceProvider | None:
    return terms and replace(terms, service_provider=replace(terms.service_provider, valid_until=None))


def _different(names: tuple[str, ...], before: Any, after: Any) -> list[str]:
    return [name for name in names if getattr(before, name) != getattr(after, name)]


def _different_protocol(protocol: str, names: tuple[str, ...], before: Any, after: Any) -> list[str]:
    """The fields that differ; the protocol's name alone when it was added or removed."""
    if before is None or after is None:
        return [] if before is after else [protocol]
    return _different(names, before, after)


def refuse_other_identifier(before: Application, registration: Registration) -> None:
    """
    Raises:
        AlreadyRegistered: `registration` has another identifier than the application.
    """
    if registration.identifier not in (None, before.identifier):
        field = "client_id" if before.oidc else "identifier"
        raise AlreadyRegistered(
            f"{before.name} is registered with the {field} {before.identifier}, which cannot change: "
            "entitlements refer to it"
        )


def refuse_other_subjects(before: Application, registration: Registration) -> None:
    """The application recognises people by their subject, which another subject type or sector would replace.

    Raises:
        RegistrationProblems: `registration` would change the subjects.
    """
    current, requested = before.oidc, registration.oidc
    if current is None or requested is None:
        return
    if (current.subject_type, current.sector) == (requested.subject_type, requested.sector):
        return
    received = f"{requested.subject_type} {requested.sector}".strip()
    registered = f"{current.subject_type} {current.sector}".strip()
    change = f"must stay {registered}: the application would no longer recognise anyone; register it under another name"
    raise RegistrationProblems([Problem(field="subject_type, sector", received=shown(received), change=change)])


def with_metadata(before: Application, service_provider: ServiceProvider) -> SamlServiceProvider:
    """The SAML terms of an application with its present metadata, `service_provider`.

    Raises:
        RegistrationProblems: the metadata is another service provider's, or contradicts what was agreed.
    """
    terms = before.saml
    if terms is None or terms.entity_id != service_provider.entity_id:
        change = f"must be {terms.entity_id}" if terms else f"{before.name} does not use SAML"
        problem = Problem(field="entityID", received=shown(service_provider.entity_id), change=change)
        raise RegistrationProblems([problem])
    signed = terms.requests_signed or service_provider.authn_requests_signed
    amended = replace(terms, service_provider=service_provider, requests_signed=signed)
    if problems := list(contradictions(amended)):
        raise RegistrationProblems(problems)
    return amended


def already_taken(registration: Registration) -> AlreadyRegistered:
    """The error for a `registration` that breaks a unique constraint of the database."""
    field = "client_id" if registration.oidc else "identifier"
    taken = [f"the name {registration.name}"]
    taken += [f"the {field} {registration.identifier or registration.name}"]
    taken += [f"the entity id {registration.saml.entity_id}"] if registration.saml else []
    return AlreadyRegistered(f"{' or '.join(taken)} belongs to another application")
