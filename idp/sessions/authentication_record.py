"""The factors of an authentication as the record of a session holds them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from idp.sessions.authentication import Authentication, Factor, FactorKind, FactorType
from relying_parties.policy import AssuranceLevel

_ENDED: Final = "revocation_ended_at"


def factor_records(authentication: Authentication) -> list[dict[str, Any]]:
    """The records of the factors, in their order."""
    return [_factor_record(factor) for factor in authentication.factors]


def authentication_of(records: Iterable[dict[str, Any]]) -> Authentication:
    """The authentication whose factors have these records."""
    return Authentication(tuple(_factor(record) for record in records))


def _factor_record(factor: Factor) -> dict[str, Any]:
    return {
        "method": factor.type.method,
        "kinds": sorted(factor.type.kinds),
        "alone": factor.type.alone,
        "amr": list(factor.type.amr),
        "at": factor.at.timestamp(),
        "flow_id": factor.flow_id,
        **({} if factor.revocation_ended_at is None else {_ENDED: factor.revocation_ended_at.timestamp()}),
    }


def _factor(record: dict[str, Any]) -> Factor:
    alone, ended = record["alone"], record.get(_ENDED)
    return Factor(
        type=FactorType(
            method=record["method"],
            kinds=frozenset(FactorKind(kind) for kind in record["kinds"]),
            alone=None if alone is None else AssuranceLevel(alone),
            amr=tuple(record["amr"]),
        ),
        at=datetime.fromtimestamp(record["at"], UTC),
        flow_id=record["flow_id"],
        revocation_ended_at=None if ended is None else datetime.fromtimestamp(ended, UTC),
    )
