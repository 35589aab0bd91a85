"""New workers while people log in (SIGHUP), with either web server."""

import signal

import pytest

from tests.outages.conftest import AT
from tests.outages.logins import Logins
from tests.processes import until

RELOADED_WITHIN = 60.0


@pytest.mark.parametrize("web_server", ["granian", "gunicorn"])
def test_a_reload_in_the_middle_of_logins_drops_no_request(new_service, furnished, jeanne, paul, web_server):
    service = new_service(web_server=web_server).start()
    perinat = service.application("perinat", furnished.secrets["perinat"], at=AT["perinat"])
    before = set(service.workers())
    redis = service.child("redis-server")
    logins = Logins(service, perinat, redemptions_at_once=1)
    with logins.going_on([jeanne, paul]) as told:
        assert service.process is not None
        service.process.send_signal(signal.SIGHUP)
        until(lambda: not before & set(service.workers()) and len(service.workers()) == 2, within=RELOADED_WITHIN)
        logins.wait_for_more(4, within=RELOADED_WITHIN)

    assert told.faults == []
    assert told.unanswered == 0
    assert len(told.codes) == len(told.sessions)
    assert set(told.redeemed) == set(told.codes)
    assert service.child("redis-server") == redis
