"""Ten thousand service providers: what refreshing them takes, and that a worker pays nothing for them."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from sqlalchemy import insert

from config.sql.database import Database
from relying_parties.registry.models import RelyingParty, SamlServiceProviderRow
from relying_parties.registry.saml_json import service_provider_as_json, terms_as_json
from tests.actors.server import Said
from tests.builders.metadata import a_signer, an_aggregate, an_entity, in_days, signed
from tests.builders.saml import a_saml_registration, a_service_provider
from tests.fixtures.metadata import SpMetadata, by_source, sp_metadata_over

pytestmark = pytest.mark.slow

ENTITIES = 10_000
MIB = 1 << 20

# What `idp jobs` does, in a process of its own that tells what it took. `read` is from the sockets of this machine.
BACKGROUND = """
import json, os, resource, sys
from pathlib import Path
from config.sql.database import Database
from tests.fixtures.metadata import sp_metadata_over
from datetime import timedelta
import idp.migrations.tables

database = Database.at(sys.argv[1])
sp_metadata = sp_metadata_over(database, Path(sys.argv[2]), within=timedelta(minutes=5))

def highest():
    # Of this process since it began, in MiB.
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024

before = highest()

def cost():
    # Seconds of processor, of the process that verifies the signature too.
    return sum(os.times()[:4])

began = cost()
(done,) = sp_metadata.service.refresh.named("renater", accept_older=False)
print(json.dumps({
    "seconds": cost() - began,
    "entities": done.entities, "changed": len(done.changed), "fault": done.fault,
    "before": before, "peak": highest(),
    "verifying": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
}))
"""


def the_entities(changed: int = 0) -> Iterator[str]:
    """Of some 4 kB each, as in a federation; the first `changed` have another address."""
    key = a_signer("sp.exemple.test").certificate
    for number in range(ENTITIES):
        site = f"https://sp{number}.example"
        paths = [f"{site}/acs/{path}" for path in range(17)]
        if number < changed:
            paths[0] = f"{site}/changed"
        yield an_entity(f"{site}/shibboleth", acs=paths, certificate=key)


@pytest.fixture
def database(tmp_path: Path, migrated: Path) -> Iterator[Database]:
    shutil.copy(migrated, tmp_path / "scale.sqlite")
    database = Database.at(f"sqlite:///{tmp_path / 'scale.sqlite'}")
    yield database
    database.close()


@pytest.fixture
def sp_metadata(database: Database, tmp_path: Path) -> SpMetadata:
    return sp_metadata_over(database, tmp_path)


def refreshed_in_the_background(tmp_path: Path) -> dict[str, float]:
    address = f"sqlite:///{tmp_path / 'scale.sqlite'}"
    ran = subprocess.run(
        [sys.executable, "-c", BACKGROUND, address, str(tmp_path)], capture_output=True, check=False, timeout=300
    )
    assert ran.returncode == 0, ran.stderr.decode()
    told: dict[str, float] = json.loads(ran.stdout)
    return told


def register_all(database: Database, sp_metadata: SpMetadata) -> None:
    """As `sp_metadata.registers` does for one, in bulk: each holds what the aggregate says of it."""
    one = a_saml_registration()
    now = datetime.now(UTC)
    origin = terms_as_json(a_saml_registration(metadata=by_source("renater")).saml)
    parties, providers = [], []
    for number, entity_id in enumerate(sorted(sp_metadata.service.sources.entities.digests("renater"))):
        identifier = f"sp-{number}"
        parties.append({
            "id": f"{number:032}", "identifier": identifier, "name": identifier, "display_name_fr": identifier,
            "display_name_en": identifier, "login_button_fr": "", "login_button_en": "",
            "home_url": "https://sp.example/",
            "attributes": [], "lowest_assurance": one.lowest_assurance, "entry": one.entry, "confirm_identity": False,
            "registered_at": now, "amended_at": now,
        })  # fmt: skip
        said = a_service_provider(entity_id=entity_id)
        providers.append({
            "relying_party_id": f"{number:032}", "entity_id": entity_id, "terms": origin, "metadata_fetched_at": now,
            "descriptor": service_provider_as_json(said), "metadata_xml": "",
        })  # fmt: skip
    with database.transaction() as session:
        session.execute(insert(RelyingParty), parties)
        session.execute(insert(SamlServiceProviderRow), providers)
    with database.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE saml_service_provider SET metadata_xml = (SELECT xml FROM metadata_entity"
            " WHERE source = 'renater' AND metadata_entity.entity_id = saml_service_provider.entity_id)"
        )


def test_ten_thousand_service_providers_are_refreshed_in_bounded_memory_and_workers_pay_nothing(
    sp_metadata, publisher, database, tmp_path, record_property
):
    document = signed(an_aggregate(*the_entities()))
    assert len(document) > 35_000_000
    sp_metadata.source("renater", publisher.publishes(Said(body=document, headers={"ETag": '"1"'})))
    first = refreshed_in_the_background(tmp_path)
    register_all(database, sp_metadata)

    worker = psutil.Process()
    found = sp_metadata.registry.by_entity_id("https://sp7.example/shibboleth")
    assert found is not None
    document = signed(an_aggregate(*the_entities(changed=50), valid_until=in_days(14)))
    publisher.publishes(Said(body=document, headers={"ETag": '"2"'}))
    before = worker.memory_info().rss
    second = refreshed_in_the_background(tmp_path)
    found = sp_metadata.registry.by_entity_id("https://sp7.example/shibboleth")
    grown = worker.memory_info().rss - before
    publisher.publishes(Said(status=304))
    third = refreshed_in_the_background(tmp_path)

    for name, told in (("first", first), ("50 changed", second), ("unchanged", third)):
        record_property(name, told)
        print(f"{name}: {told}; worker {grown / MIB:+.1f} MiB")  # noqa: T201 - the figures of docs/deploy.md
    assert [told["fault"] for told in (first, second, third)] == ["", "", ""]
    assert [told["changed"] for told in (first, second, third)] == [0, 50, 0]
    assert first["entities"] == ENTITIES
    assert found.saml_sp.service_provider.assertion_consumer_services[0].location == "https://sp7.example/changed"
    ends = {each.valid_until for each in sp_metadata.service.followers.list(limit=ENTITIES)}
    assert len(ends) == 1
    assert first["seconds"] < 60
    assert max(told["peak"] - told["before"] for told in (first, second, third)) < 64  # MiB
    assert max(told["verifying"] for told in (first, second)) < 600
    assert grown < 8 * MIB
