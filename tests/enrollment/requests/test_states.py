"""The states of a request: which may follow which."""

import pytest

from enrollment.requests.states import QUEUED, TRANSITIONS, RequestState, TransitionRefused, check_transition, is_final

S = RequestState


def test_every_state_has_its_line():
    assert set(TRANSITIONS) == set(RequestState)


def test_every_state_is_reached_from_a_draft():
    reached, waiting = set(), [S.DRAFT]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting.extend(TRANSITIONS[state])
    assert reached == set(RequestState)


def test_nothing_follows_what_is_decided_withdrawn_or_lapsed():
    assert {state for state in RequestState if is_final(state)} == {S.DECIDED, S.WITHDRAWN, S.LAPSED}


def test_a_person_may_withdraw_whatever_has_been_sent_and_is_not_finished():
    assert {state for state in RequestState if S.WITHDRAWN in TRANSITIONS[state]} == {S.UNVERIFIED, *QUEUED}


def test_no_operator_decides_before_the_e_mail_is_verified():
    assert {state for state in RequestState if S.DECIDED in TRANSITIONS[state]} == QUEUED


@pytest.mark.parametrize("found", RequestState)
@pytest.mark.parametrize("wanted", RequestState)
def test_a_transition_that_is_not_in_the_table_is_refused(found, wanted):
    if wanted in TRANSITIONS[found]:
        check_transition(found, wanted)
        return
    with pytest.raises(TransitionRefused, match=f"a request that is {found} does not become {wanted}"):
        check_transition(found, wanted)
