"""The installation that `make bench` measures can be made: the benchmarks themselves run for minutes, and seldom."""

from pathlib import Path

import pytest

from idp.oidc.grant_store import AuthorizationCode, GrantStore
from tests.benchmarks.population import Population
from tests.ports import free_port

pytestmark = pytest.mark.slow


def test_the_people_of_the_benchmarks_have_sessions_codes_and_tokens(tmp_path: Path, redis_url: str):
    population = Population(tmp_path / "ours", port=free_port(), redis_url=redis_url, accounts=2)
    settings = population.settings
    grants = GrantStore(
        population.services.store,
        code_lifetime=settings.code_lifetime,
        access_token_lifetime=settings.access_token_lifetime,
    )
    [visit] = population.visits(population.people[:1])

    redeemed = grants.redeem(population.code(visit), by=visit.client.client_id)

    assert isinstance(redeemed, AuthorizationCode)
    assert redeemed.grant.account_id == visit.person.account_id
    assert population.access_token(visit)
    population.close()


def test_the_service_providers_of_the_benchmarks_are_registered(tmp_path: Path, redis_url: str):
    population = Population(tmp_path / "ours", port=free_port(), redis_url=redis_url, accounts=1)

    providers = population.service_providers("measured", 3, encrypted=True)

    found = [population.services.registry.by_entity_id(each.entity_id) for each in providers]
    population.close()
    assert None not in found
