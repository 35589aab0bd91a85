"""The requests that tests are made of are such as the tables hold, in every state."""

import pytest

from enrollment.requests.models import EnrollmentRequest, RequestPart
from enrollment.requests.states import RequestState, is_final
from tests.builders.enrollment import a_request


@pytest.mark.parametrize("state", RequestState)
def test_a_request_is_made_in_any_state(enrollment_database, state):
    with enrollment_database.transaction() as session:
        made = a_request(session, state)
        made_id = made.id
    with enrollment_database.transaction() as session:
        request = session.get_one(EnrollmentRequest, made_id)
        assert request.state == state
        assert (request.reference is None) == (state is RequestState.DRAFT)
        assert (request.closed_at is not None) == is_final(state)
        [part] = session.query(RequestPart).filter_by(request_id=made_id)
        assert (part.decision == "accepted") == (state is RequestState.DECIDED)
