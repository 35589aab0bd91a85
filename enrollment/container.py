"""The parts of enrollment, made once from settings: what both the web application and the commands use.

They are constructed in the order of their use. What a part does is in its own package, which does not import this
module.
"""

from dataclasses import dataclass

from config.audit.trail import Audit
from config.encryption import KeyEncryption
from config.jobs import Jobs
from config.mail import Letters
from config.redis.rate_limits import Throttle
from config.redis.store import Store
from config.server.job_runner import NotifySealer
from config.sql.database import Database
from enrollment.applicant.mailed_links import MailedLinks
from enrollment.delivery.outbox import Outbox
from enrollment.idp_client import IdpClient
from enrollment.invitations.invitations import Invitations
from enrollment.offer import Offers
from enrollment.office.decisions import Decisions
from enrollment.office.reminders import Reminders
from enrollment.office.rules import Rules
from enrollment.office.voters import Voters
from enrollment.settings import EnrollmentSettings
from enrollment.sign_in.provider import IdentityProvider
from enrollment.sign_in.sessions import SignIns


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything enrollment is made of, below its pages."""

    settings: EnrollmentSettings
    database: Database
    store: Store
    audit: Audit
    encryption: KeyEncryption
    jobs: Jobs
    deliveries: Jobs  # they wait for the identity provider, and hold no letter meanwhile
    letters: Letters
    throttle: Throttle
    idp: IdpClient
    offers: Offers
    mailed_links: MailedLinks
    outbox: Outbox
    provider: IdentityProvider
    sign_ins: SignIns
    rules: Rules
    voters: Voters
    decisions: Decisions
    reminders: Reminders
    invitations: Invitations

    @classmethod
    def of(cls, settings: EnrollmentSettings, database: Database) -> "Services":
        """The parts over `database` and the store that `settings` name; neither is asked anything yet."""
        store = Store.of(settings)
        encryption = KeyEncryption.of(settings)
        jobs = Jobs(database, store, encryption)
        idp = IdpClient(issuer=settings.idp_issuer, secret_file=settings.idp_secret_file)
        audit = Audit(database, after_writing=NotifySealer(store))
        deliveries = Jobs(database, store, encryption, channel="deliveries")
        letters = Letters(settings, jobs)
        outbox = Outbox(database, deliveries, idp, audit)
        rules, voters = Rules(settings), Voters(database, idp)
        throttle = Throttle(store)
        return cls(
            settings=settings,
            database=database,
            store=store,
            audit=audit,
            encryption=encryption,
            jobs=jobs,
            deliveries=deliveries,
            letters=letters,
            throttle=throttle,
            idp=idp,
            offers=Offers(idp),
            outbox=outbox,
            provider=IdentityProvider(
                issuer=settings.idp_issuer,
                client_id=settings.client_id,
                client_secret_file=settings.client_secret_file,
                callback=f"{settings.address}/sign-in/callback",
                signed_out=f"{settings.address}/signed-out",
            ),
            sign_ins=SignIns(store, idle=settings.operator_session_idle, absolute=settings.operator_session_absolute),
            rules=rules,
            decisions=Decisions(
                settings=settings,
                database=database,
                audit=audit,
                letters=letters,
                outbox=outbox,
                rules=rules,
                voters=voters,
            ),
            voters=voters,
            reminders=Reminders(settings=settings, database=database, audit=audit, letters=letters, rules=rules),
            mailed_links=MailedLinks(settings, database, jobs, letters, throttle),
            invitations=Invitations(
                settings=settings, database=database, audit=audit, letters=letters, throttle=throttle
            ),
        )
