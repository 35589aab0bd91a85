"""Step 3: the communities, applications and services that the person asks for, each with its reason.

They are those of the offer, which the identity provider makes from its registrations. A rule that is not met is said
beside the choice, with the button that meets it. Without the offer, nothing that was chosen is lost.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from config.typed_text import one_line
from config.web.forms import Problems, posted_version
from config.web.pages import render
from config.web.security import content_security_policy
from enrollment.applicant.drafts import Draft, Saved, Wanted
from enrollment.applicant.services import ApplicantServices
from enrollment.applicant.step_order import Step, steps_of
from enrollment.applicant.steps.choices import Choice, choice_of, key_of, rules_of
from enrollment.applicant.steps.pages import StepPage, came_from, leave_step, open_step, step_columns
from enrollment.applicant.steps.rules import unmet
from enrollment.offer import Category, Offer, OfferedRole
from enrollment.requests.vocabulary import PartKind

LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilePage(StepPage):
    """What can be asked for. `is_available` is whether the offer is known."""

    template: ClassVar[str] = "applicant/profile.html"
    step: ClassVar[Step] = Step.PROFILE

    is_available: bool
    applications: tuple[Choice, ...] = ()
    communities: tuple[Choice, ...] = ()
    services: tuple[Choice, ...] = ()
    can_change_level: bool = True

    @property
    def subjects(self) -> Mapping[str, str]:
        return {each.key: each.name for each in (*self.applications, *self.communities, *self.services)}


def profile_blueprint(services: ApplicantServices) -> Blueprint:
    profile = Blueprint("profile", __name__)
    policy = content_security_policy(img_src=f"'self' data: {services.settings.idp_issuer}")

    @profile.after_request
    def allow_logos(response: Response) -> Response:
        """The identity provider serves the logos of the applications."""
        response.headers["Content-Security-Policy"] = policy
        return response

    def shown(draft: Draft) -> dict[str, Any]:
        return {"then": came_from(), "communities": services.communities_of(draft)}

    @profile.get(Step.PROFILE.address)
    def show() -> AnyResponse:
        draft = open_step(services, Step.PROFILE)
        if not isinstance(draft, Draft):
            return draft
        offer = services.offer()
        wanted = first_wanted(draft, offer)
        return render(
            profile_page(draft, offer, wanted, services.web.language(), **shown(draft)), 200 if offer else 503
        )

    @profile.post(Step.PROFILE.address)
    def save() -> AnyResponse:
        draft = open_step(services, Step.PROFILE)
        if not isinstance(draft, Draft):
            return draft
        offer, language = services.offer(), services.web.language()
        if offer is None:
            return render(profile_page(draft, None, draft.wanted, language, **shown(draft)), 503)
        wanted, problems = posted_wanted(offer)
        added = request.form.get("add", "")
        if added:
            return render(profile_page(draft, offer, with_added(wanted, added, offer), language, **shown(draft)))
        problems = with_rules(problems, wanted, draft, offer, services.communities_of(draft))
        saved = None
        if not problems:
            kept = wanted | ({Wanted(kind=PartKind.ACCOUNT)} if asks_for_account(draft) else set())
            saved = services.drafts.save_wanted(services.key(), version=posted_version(), wanted=frozenset(kept))
            if saved is not Saved.CHANGED_ELSEWHERE:
                return leave_step(services, Step.PROFILE, saved)
            draft = services.draft() or draft
        page = profile_page(
            draft,
            offer,
            wanted,
            language,
            problems=problems,
            is_changed_elsewhere=saved is not None,
            **shown(draft),
        )
        return render(page, 422 if problems else 409)

    return profile


def asks_for_account(draft: Draft) -> bool:
    """Whether the account itself is asked for: the person has none yet."""
    return Step.PERSON in steps_of(draft.request.kind)


def first_wanted(draft: Draft, offer: Offer | None) -> frozenset[Wanted]:
    """What is chosen when the page opens: what was kept; the first time, the application that the person came for."""
    target = draft.request.target_application
    if draft.parts or offer is None or target is None:
        return draft.wanted
    application = offer.application(target)
    if application is None or not application.requestable:
        return draft.wanted
    return frozenset({Wanted(kind=PartKind.APPLICATION, name=target)})


def posted_wanted(offer: Offer) -> tuple[frozenset[Wanted], Problems]:
    """What is chosen in the posted form, and what is wrong with each choice."""
    wanted: set[Wanted] = set()
    problems: list[tuple[str, str]] = []
    for kind, name, roles in _offered(offer):
        key = key_of(kind, name)
        if not request.form.get(f"want-{key}"):
            continue
        reason = one_line(request.form.get(f"reason-{key}", ""))
        role = request.form.get(f"role-{key}", "")
        if not reason:
            problems.append((f"reason-{key}", "wanted.reason-missing"))
        elif len(reason) > LONGEST_REASON:
            problems.append((f"reason-{key}", "wanted.reason-too-long"))
        if role and role not in {each.name for each in roles}:
            problems.append((f"role-{key}", "wanted.role-unknown"))
            role = ""
        wanted.add(Wanted(kind=kind, name=name, reason=reason, role=role or None))
    return frozenset(wanted), tuple(problems)


def with_added(wanted: Iterable[Wanted], key: str, offer: Offer) -> frozenset[Wanted]:
    """The same, with the community of this key; what needed it says why."""
    chosen = set(wanted)
    for community in offer.communities:
        if key_of(PartKind.COMMUNITY, community.name) == key and community.name not in {each.name for each in chosen}:
            chosen.add(Wanted(kind=PartKind.COMMUNITY, name=community.name))
    return frozenset(chosen)


def with_rules(
    problems: Problems, wanted: frozenset[Wanted], draft: Draft, offer: Offer, communities: frozenset[str]
) -> Problems:
    """What is wrong with each choice, and the rules that are not met: one problem for each field."""
    if not wanted and not asks_for_account(draft):
        return (*problems, ("wanted", "wanted.nothing"))
    not_met = {
        f"want-{key_of(each.wanted.kind, each.wanted.name)}": str(each.rule)
        for each in unmet(wanted, offer, confidentiality=draft.request.confidentiality, has_communities=communities)
    }
    return (*not_met.items(), *problems)


def profile_page(
    draft: Draft,
    offer: Offer | None,
    wanted: Iterable[Wanted],
    language: str,
    *,
    problems: Problems = (),
    is_changed_elsewhere: bool = False,
    then: str = "",
    communities: frozenset[str] = frozenset(),
) -> ProfilePage:
    """The page with these choices made."""
    columns = step_columns(draft, Step.PROFILE, then=then)
    if offer is None:
        return ProfilePage(**columns, is_available=False, problems=(), is_changed_elsewhere=is_changed_elsewhere)
    wanted = tuple(wanted)
    chosen = {(each.kind, each.name): each for each in wanted}
    level = draft.request.confidentiality
    not_met = tuple(unmet(wanted, offer, confidentiality=level, has_communities=communities))

    def application(category: Category) -> tuple[Choice, ...]:
        return tuple(
            choice_of(
                PartKind.APPLICATION,
                each.client_id,
                each.display_name,
                each.help,
                language,
                chosen=chosen,
                is_requestable=each.requestable,
                logo=each.logo,
                roles=each.roles,
                rules=rules_of(each.client_id, each.needs_communities, each.closed_to_levels, offer, not_met, language),
            )
            for each in offer.applications
            if each.category is category
        )

    return ProfilePage(
        **columns,
        is_available=True,
        problems=problems,
        is_changed_elsewhere=is_changed_elsewhere,
        applications=application(Category.APPLICATION),
        services=application(Category.SERVICE),
        communities=tuple(
            choice_of(
                PartKind.COMMUNITY,
                each.name,
                each.display_name,
                each.help,
                language,
                chosen=chosen,
                is_requestable=each.requestable,
            )
            for each in offer.communities
        ),
        can_change_level=asks_for_account(draft),
    )


def _offered(offer: Offer) -> Iterable[tuple[PartKind, str, tuple[OfferedRole, ...]]]:
    for application in offer.applications:
        yield PartKind.APPLICATION, application.client_id, application.roles
    for community in offer.communities:
        yield PartKind.COMMUNITY, community.name, ()
