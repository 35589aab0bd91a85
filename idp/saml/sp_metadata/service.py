"""The metadata service: the functions that commands, operators' pages and the jobs process share."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from lxml import etree

from config.actor import Actor
from config.audit.trail import Audit
from config.http_client import HttpClient
from config.sql.database import Database
from idp.saml.sp_metadata.aggregate import DOCUMENT, read_aggregate
from idp.saml.sp_metadata.faults import MetadataFault, MetadataRefused
from idp.saml.sp_metadata.fetching import Fetcher
from idp.saml.sp_metadata.lookup import MetadataLookup
from idp.saml.sp_metadata.monitoring import WarningLog
from idp.saml.sp_metadata.refresh import AGGREGATE_TIMEOUT, MetadataRefresh
from idp.saml.sp_metadata.schedule import MetadataSchedule
from idp.saml.sp_metadata.verification import (
    ENTITY,
    GROUP,
    LARGEST_AGGREGATE,
    LARGEST_ENTITY,
    SERVICE_PROVIDER,
    certificates_in,
    entities_of,
    read,
    require_signature,
    single_entity,
    stated_validity,
)
from idp.settings import Settings
from relying_parties.problems import Problem, RegistrationProblems, shown
from relying_parties.registry.metadata_models import SourceKind
from relying_parties.registry.metadata_sources import MetadataSources, Source
from relying_parties.registry.refresh_state import RefreshStates
from relying_parties.registry.registry import Registry
from relying_parties.sp_metadata.parser import read_service_provider


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The result of checking a document. A document with `problems` would be refused; `notes` inform the reader."""

    entity_id: str = ""
    service_providers: int = 0
    valid_until: datetime | None = None
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataService:
    """Sources, the applications that use them, and the functions that fetch, verify and check metadata."""

    sources: MetadataSources
    followers: RefreshStates
    lookup: MetadataLookup
    refresh: MetadataRefresh
    fetcher: Fetcher
    folder: Path
    ceiling: timedelta

    @classmethod
    def of(cls, settings: Settings, database: Database, audit: Audit, registry: Registry) -> "MetadataService":
        """The service of this installation. It opens no connection yet."""
        sources, followers = MetadataSources(database, audit), RefreshStates(database, audit)
        http_client = HttpClient(within=AGGREGATE_TIMEOUT, loopback=settings.is_development)
        return cls(
            sources=sources,
            followers=followers,
            lookup=MetadataLookup.of(settings, sources),
            refresh=MetadataRefresh.of(settings, sources=sources, followers=followers, registry=registry),
            fetcher=Fetcher(http_client=http_client, loopback_http=settings.is_development),
            folder=settings.data_folder,
            ceiling=settings.saml_metadata_ceiling,
        )

    def schedule(self) -> MetadataSchedule:
        """The schedule that the jobs process runs."""
        return MetadataSchedule(self.refresh, WarningLog(self.sources, self.followers))

    def declare_source(
        self, name: str, kind: SourceKind, url: str, certificate: str, *, actor: Actor
    ) -> tuple[Source, bool]:
        """Add or change a source; return it, and whether anything changed.

        Raises:
            RegistrationProblems: every problem of the values.
        """
        problems = []
        try:
            certificates_in(certificate)
        except MetadataRefused as refused:
            problems.append(Problem(field="--certificate", received=shown(certificate[:80]), change=refused.change))
        try:
            if not problems:
                return self.sources.declare(
                    name,
                    kind,
                    url,
                    certificate,
                    loopback_http=self.fetcher.loopback_http,
                    now=datetime.now(UTC),
                    actor=actor,
                )
            self.sources.validate(name, url, loopback_http=self.fetcher.loopback_http)
        except RegistrationProblems as wrong:
            problems = [*wrong.problems, *problems]
        raise RegistrationProblems(problems)

    def check(self, where: str, *, certificate: str = "", entity_id: str | None = None) -> CheckResult:
        """Check the document in a file or at an address, and report every problem. Nothing is stored.

        Raises:
            OSError: the file cannot be read.
        """
        is_address = where.startswith(("https://", "http://"))
        with TemporaryDirectory(prefix="metadata-", dir=self.folder) as work:
            document = Path(work) / DOCUMENT
            try:
                if is_address:
                    with document.open("wb") as into:
                        self.fetcher.fetch(where, into, at_most=LARGEST_AGGREGATE)
                with (document if is_address else Path(where)).open("rb") as opened:
                    octets = opened.read(LARGEST_ENTITY + 1)
                if len(octets) > LARGEST_ENTITY:
                    if not is_address:
                        document.symlink_to(Path(where).absolute())
                    return self._check_aggregate(Path(work), certificate)
                root = read(octets)
            except MetadataRefused as refused:
                return CheckResult(problems=(_problem("the document", refused),))
        return self._check_tree(root, certificate, must_be_signed=is_address, entity_id=entity_id)

    def _check_aggregate(self, folder: Path, certificate: str) -> CheckResult:
        """Check a large aggregate. The first problem ends the check."""
        now = datetime.now(UTC)
        if (folder / DOCUMENT).stat().st_size > LARGEST_AGGREGATE:
            raise MetadataRefused(MetadataFault.TOO_LARGE, f"must be at most {LARGEST_AGGREGATE} octets")
        aggregate = read_aggregate(folder, certificates=certificates_in(certificate), now=now, ceiling=self.ceiling)
        unusable = tuple(f"{name} cannot be used: it {why}" for name, why in sorted(aggregate.unusable.items())[:20])
        until = aggregate.validity.valid_until
        return CheckResult(service_providers=len(aggregate), valid_until=until, notes=unusable)

    def _check_tree(
        self, root: etree._Element, certificate: str, *, must_be_signed: bool, entity_id: str | None
    ) -> CheckResult:
        problems: list[Problem] = []
        notes: list[str] = []
        valid_until = None
        try:
            if certificate or must_be_signed:
                require_signature(root, certificates_in(certificate))
            else:
                notes.append("the signature was not checked: no certificate was given")
        except MetadataRefused as refused:
            problems.append(_problem("the signature", refused))
        try:
            if certificate or must_be_signed or root.get("validUntil") is not None:
                valid_until = stated_validity(root, now=datetime.now(UTC), ceiling=self.ceiling).valid_until
        except MetadataRefused as refused:
            problems.append(_problem("validUntil", refused))
        if root.tag == GROUP and entity_id is None:
            count = sum(1 for each, _ in entities_of(root) if each.find(SERVICE_PROVIDER) is not None)
            return CheckResult(
                service_providers=count, valid_until=valid_until, problems=tuple(problems), notes=tuple(notes)
            )
        try:
            entity = single_entity(root, entity_id)
            octets = etree.tostring(entity, encoding="utf-8", with_tail=False)
            read_service_provider(octets, entity_id=entity_id, loopback_http=self.fetcher.loopback_http)
            entity_id = entity.get("entityID", "")
        except MetadataRefused as refused:
            problems.append(_problem("the entity", refused))
        except RegistrationProblems as wrong:
            problems += wrong.problems
        return CheckResult(
            entity_id=(entity_id or "") if root.tag in (ENTITY, GROUP) else "",
            service_providers=1,
            valid_until=valid_until,
            problems=tuple(problems),
            notes=tuple(notes),
        )


def _problem(field: str, refused: MetadataRefused) -> Problem:
    return Problem(field=field, received=shown(refused.received), change=refused.change)
