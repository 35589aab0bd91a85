"""Two services stand side by side in one process, on `config` alone."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import inspect

from config.audit.chain import DerivedSeals, seal
from config.audit.commands import audit_commands
from config.audit.query import every_line
from config.audit.trail import AuditEntry
from config.audit.verification import Intact, verify
from config.encryption import KeyEncryption
from config.redis.rate_limits import RetryAfter, Throttle
from config.settings_reader import SettingsError
from config.sql.migrations import SchemaTooNew, revision
from tests.config.two_services import (
    DiaryAuditKind,
    DiaryRecord,
    DiarySettings,
    DirectoryAuditKind,
    DirectoryRecord,
    DirectorySettings,
    Service,
    development,
    running_diary,
    running_directory,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running_directory(tmp_path_factory.mktemp("directory")) as service:
        yield service


@pytest.fixture(scope="module")
def diary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running_diary(tmp_path_factory.mktemp("diary")) as service:
        yield service


@pytest.mark.slow
def test_config_needs_neither_the_identity_provider_nor_the_registry() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys, tests.config.two_services; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert [name for name in told.stdout.split() if name.startswith(("idp", "relying_parties"))] == []


@pytest.mark.slow
@pytest.mark.parametrize("loaded", ["enrollment.app", "enrollment.commands, enrollment.migrations.tables"])
def test_enrollment_needs_neither_the_identity_provider_nor_the_registry(loaded: str) -> None:
    """It is the service that is open to strangers: what it does not load, nobody reaches through it."""
    told = subprocess.run(
        [sys.executable, "-c", f"import sys, {loaded}; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    unwanted = ("idp", "relying_parties", "argon2", "pyop", "saml2", "xmlsec")
    assert [name for name in told.stdout.split() if name.split(".")[0] in unwanted] == []


def test_each_reads_its_own_variables_and_its_own_file(tmp_path: Path) -> None:
    file = tmp_path / "directory.toml"
    file.write_text("entries_on_a_page = 5", encoding="utf-8")
    file.chmod(0o600)
    variables = development("DIRECTORY", tmp_path) | development("DIARY", tmp_path)
    variables |= {"DIRECTORY_SETTINGS": str(file), "DIRECTORY_REGION": "Centre", "DIARY_REGION": "Bretagne"}
    directory, diary = DirectorySettings.load(environment=variables), DiarySettings.load(environment=variables)
    assert (directory.region, directory.entries_on_a_page) == ("Centre", 5)
    assert diary.region == "Bretagne"
    with pytest.raises(SettingsError, match="entries_on_a_page: no such setting"):
        DiarySettings.load(environment=variables | {"DIARY_ENTRIES_ON_A_PAGE": "5"})


def test_each_has_its_own_tables_and_its_own_migrations(directory: Service, diary: Service) -> None:
    for service, column in ((directory, "name"), (diary, "day")):
        found = inspect(service.database.engine)
        assert {"entry", "audit_event", "job", "revision"} <= set(found.get_table_names())
        assert [each["name"] for each in found.get_columns("entry")] == [column]
        assert service.migrations.is_current(service.database)
    assert (revision(directory.database), revision(diary.database)) == ("directory_1", "diary_1")
    with pytest.raises(SchemaTooNew):
        diary.migrations.migrate(directory.database)


def test_each_has_an_audit_trail_with_its_own_words_and_its_own_seals(directory: Service, diary: Service) -> None:
    directory.audit.record_durably(AuditEntry(kind=DirectoryAuditKind.ENTRY_ADDED))
    diary.audit.record_durably(AuditEntry(kind=DiaryAuditKind.DAY_CLOSED))
    for service, kind in ((directory, "entry.added"), (diary, "day.closed")):
        assert [line.kind for line in every_line(service.database)] == [kind]
        own = DerivedSeals(KeyEncryption.of(service.settings))
        seal(service.database, own)
        assert isinstance(verify(service.database, own), Intact)
    others = DerivedSeals(KeyEncryption.of(diary.settings))
    assert not isinstance(verify(directory.database, others), Intact)


@pytest.mark.parametrize(("name", "is_known"), [("directory", False), ("diary", True)])
def test_the_audit_commands_know_the_words_of_their_service(
    request: pytest.FixtureRequest, name: str, *, is_known: bool
) -> None:
    service: Any = request.getfixturevalue(name)
    answer = CliRunner().invoke(audit_commands(service.vocabulary), ["list", "--kind", "day.closed"], obj=service)
    assert (answer.exit_code == 0) is is_known


def test_each_has_a_redis_of_its_own(directory: Service, diary: Service) -> None:
    directory.store.put(DirectoryRecord.DRAFT, "one", {"of": "directory"}, lifetime=MINUTE)
    assert diary.store.get(DiaryRecord.DRAFT, "one") is None
    once = {"limit": 1, "window": MINUTE}
    assert Throttle(directory.store).allow("drafts", "jeanne", **once) is None
    assert Throttle(diary.store).allow("drafts", "jeanne", **once) is None
    assert isinstance(Throttle(directory.store).allow("drafts", "jeanne", **once), RetryAfter)


def test_each_does_its_own_jobs(directory: Service, diary: Service) -> None:
    done: list[str] = []
    for service in (directory, diary):
        name = type(service.settings).environment_prefix
        service.jobs.register("remind", lambda payload, name=name: done.append(f"{name}{payload['who']}"))
        with service.database.transaction() as session:
            service.jobs.add(session, "remind", {"who": "jeanne"})
    assert (directory.jobs.run_due(), diary.jobs.run_due()) == (1, 1)
    assert done == ["DIRECTORY_jeanne", "DIARY_jeanne"]


def test_a_page_has_the_service_s_name_its_navigation_and_who_is_signed_in(directory: Service) -> None:
    page = directory.app.test_client().get("/", headers={"Accept-Language": "en"}).text
    assert '<p class="service">Annuaire régional</p>' in page
    assert '<nav class="parts" aria-label="Main navigation">' in page
    assert '<a href="/" aria-current="page">Annuaire</a>' in page
    assert '<a href="/requests">Demandes</a>' in page
    assert "Jeanne &lt;Dupont&gt;" in page
    assert '<a href="/logout">Sign out</a>' in page


def test_a_service_without_them_shows_nothing_in_their_place(diary: Service) -> None:
    page = diary.app.test_client().get("/").text
    assert "<h1>Accueil</h1>" in page
    for slot in ('class="service"', 'class="parts"', 'class="signed-in"', "Me déconnecter"):
        assert slot not in page


def test_each_names_its_own_cookies(directory: Service, diary: Service) -> None:
    set_by = [
        service.app.test_client().get("/language?to=en&back=/").headers["Set-Cookie"] for service in (directory, diary)
    ]
    assert [cookie.partition("=")[0] for cookie in set_by] == ["__Host-directory-language", "__Host-diary-language"]
