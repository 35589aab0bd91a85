from concurrent.futures import ThreadPoolExecutor

import pytest

from idp.accounts.errors import NoSuchAccount


def test_a_subject_is_drawn_once_and_found_both_ways(parts, jeanne_account):
    """OpenID Connect Core 1.0, section 2: `sub` is locally unique and never reassigned."""
    sub = parts.subjects.sub_for(jeanne_account.account_id)
    assert parts.subjects.sub_for(jeanne_account.account_id) == sub
    assert parts.subjects.account_of(sub) == jeanne_account.account_id


def test_sectors_do_not_share_a_subject(parts, jeanne_account):
    """OpenID Connect Core 1.0, section 8.1: a different sub to each sector, which cannot be computed from another."""
    sectors = ["", "dcc.example", "perinat.example"]
    subs = {parts.subjects.sub_for(jeanne_account.account_id, sector) for sector in sectors}
    assert len(subs) == 3
    assert {parts.subjects.account_of(sub) for sub in subs} == {jeanne_account.account_id}


def test_requests_that_race_draw_one_subject(parts, jeanne_account, store):
    nodes = [parts.subjects, parts.with_settings(store).subjects] * 4
    with ThreadPoolExecutor(8) as pool:
        subs = set(pool.map(lambda node: node.sub_for(jeanne_account.account_id, "dcc.example"), nodes))
    assert len(subs) == 1


@pytest.mark.parametrize("sub", ["", "unknown", "\x00", "\ud800"])
def test_an_unknown_subject_is_nobodys(parts, sub):
    assert parts.subjects.account_of(sub) is None


def test_nobody_has_no_subject(parts):
    with pytest.raises(NoSuchAccount):
        parts.subjects.sub_for("0" * 32)
