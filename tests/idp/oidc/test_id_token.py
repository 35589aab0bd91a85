"""ID tokens as any JOSE library reads them (idp/oidc/id_token.py)."""

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from idp.keys.key_ring import Algorithm, KeyRing
from idp.oidc.id_token import ALGORITHMS, at_hash, sign


@pytest.fixture(scope="module")
def ring():
    rsa = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
    ec = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})
    return KeyRing(signing={Algorithm.RS256: rsa, Algorithm.ES256: ec}, published=KeySet([rsa, ec]))


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_signed_token_names_its_key_and_verifies(ring, algorithm):
    """RFC 7515 section 4.1.4; what is not ASCII is UTF-8 (section 3.1)."""
    claims = {"sub": "a1", "family_name": "Lefèvre", "amr": ["pwd"], "iat": 1}
    token = jwt.decode(sign(claims, algorithm=algorithm, ring=ring), ring.published, algorithms=ALGORITHMS)
    assert token.claims == claims
    assert token.header == {"typ": "JWT", "alg": str(algorithm), "kid": ring.signing[algorithm].kid}


def test_at_hash_is_that_of_the_specification():
    """OpenID Connect Core 1.0, appendix A.3: the access token and at_hash of the example."""
    assert at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"
