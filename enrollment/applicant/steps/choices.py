"""What can be asked for in step 3, as the page shows it: each choice with its rules, met or not by what is chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from enrollment.applicant.drafts import Wanted
from enrollment.applicant.steps.rules import Rule, Unmet
from enrollment.offer import Offer, OfferedRole, Text
from enrollment.requests.vocabulary import PartKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOnPage:
    """A rule of a choice: met or not, and the community that would meet it."""

    rule: Rule
    is_met: bool
    community: str = ""
    community_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something that can be asked for, as the page shows it."""

    key: str
    name: str
    help: str
    logo: str
    is_requestable: bool
    is_chosen: bool
    reason: str
    roles: tuple[tuple[str, str], ...]
    role: str
    rules: tuple[RuleOnPage, ...]


def key_of(kind: PartKind, name: str) -> str:
    """The key of a choice in the form: a client_id may be an address, which is not fit for the name of a field."""
    return sha256(f"{kind}:{name}".encode()).hexdigest()[:12]


def choice_of(
    kind: PartKind,
    name: str,
    display_name: Text,
    help_text: Text,
    language: str,
    *,
    chosen: Mapping[tuple[PartKind, str], Wanted],
    is_requestable: bool,
    logo: str = "",
    roles: tuple[OfferedRole, ...] = (),
    rules: tuple[RuleOnPage, ...] = (),
) -> Choice:
    made = chosen.get((kind, name))
    return Choice(
        key=key_of(kind, name),
        name=display_name.in_language(language),
        help=help_text.in_language(language),
        logo=logo,
        is_requestable=is_requestable,
        is_chosen=made is not None,
        reason=made.reason if made else "",
        roles=tuple((role.name, role.display_name.in_language(language)) for role in roles),
        role=(made.role if made else None) or "",
        rules=rules,
    )


def rules_of(
    client_id: str,
    needs_communities: tuple[str, ...],
    closed_to_levels: tuple[str, ...],
    offer: Offer,
    not_met: tuple[Unmet, ...],
    language: str,
) -> tuple[RuleOnPage, ...]:
    """Each rule of an application, met or not by what is chosen now."""
    missing = {each.community for each in not_met if each.wanted.name == client_id}
    is_closed = any(each.rule is Rule.CLOSED_TO_LEVEL for each in not_met if each.wanted.name == client_id)
    rules = [
        RuleOnPage(
            rule=Rule.NEEDS_COMMUNITY,
            is_met=name not in missing,
            community=offer.community_name(name, language),
            community_key=key_of(PartKind.COMMUNITY, name),
        )
        for name in needs_communities
    ]
    if closed_to_levels:
        rules.append(RuleOnPage(rule=Rule.CLOSED_TO_LEVEL, is_met=not is_closed))
    return tuple(rules)
