"""What a stolen key signs, brought to our endpoints after `idp keys rotate --stolen`."""

from datetime import UTC, datetime

from joserfc import jws

from idp.keys.key_ring import Algorithm
from tests.builders.operators import OPERATOR


def test_what_a_stolen_key_signs_is_refused(idp, browser, jeanne, dcc):
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    stolen = idp.services.keys.ring().signing[Algorithm.RS256]
    header = {"alg": "RS256", "kid": stolen.kid, "typ": "JWT"}
    forged = jws.serialize_compact(header, jws.extract_compact(signed_in.id_token.encode()).payload, stolen)
    assert browser.visits(dcc.asks(id_token_hint=forged, prompt="none")).url.startswith(dcc.redirect_uri)
    idp.services.key_rotation.rotate(actor=OPERATOR, now=datetime.now(UTC), stolen=True)
    refused = browser.visits(dcc.asks(id_token_hint=forged, prompt="none"))
    assert dcc.answer(refused).error == "invalid_request"
