"""The factor of a card: possession of the card and knowledge of its PIN, which the card itself checks."""

from typing import Final

from idp.sessions.authentication import FactorKind, FactorType
from relying_parties.policy import AssuranceLevel

CARD: Final = FactorType(
    method="card",
    kinds=frozenset({FactorKind.POSSESSION, FactorKind.KNOWLEDGE}),
    alone=AssuranceLevel.CARD,
    amr=("sc", "pin"),
)
