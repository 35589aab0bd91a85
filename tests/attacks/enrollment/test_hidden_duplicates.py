"""Prevents: a second account of a person, since the operator is not shown that the number or the address was asked for.

Requests of alike names, which a stranger may send or a large region just has, hide none of the same number.
"""

from datetime import timedelta

from enrollment.office import duplicates
from enrollment.office.duplicates import other_requests
from tests.builders.enrollment import BEGUN, a_request


def test_newer_requests_of_alike_names_hide_none_of_the_same_number_or_address(enrollment, monkeypatch):
    monkeypatch.setattr(duplicates, "COMPARED", 3)
    database = enrollment.services.database
    another = {"given_name": "Zoé", "birth_name": "", "profession": "21"}
    with database.transaction() as session:
        request = a_request(session, email="Eloise.Daubrac@exemple.test")
        number = a_request(
            session, begun=BEGUN - timedelta(days=9), email="x@exemple.test", family_name="Li", **another
        )
        address = a_request(session, begun=BEGUN - timedelta(days=8), rpps="", family_name="Li", **another)
        for days in range(4):
            a_request(session, begun=BEGUN + timedelta(days=days), rpps="", email=f"{days}@exemple.test", **another)
        expected = {number.reference, address.reference}
        session.flush()
        session.expunge_all()
    assert expected <= {each.title for each in other_requests(database, request)}
