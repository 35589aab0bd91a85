"""The metadata of every table of the identity provider's database. Importing this module declares them all."""

from functools import cache

from sqlalchemy import MetaData

import card_bridge.verification.tables
import idp.accounts.card_models
import idp.accounts.models
import idp.keys.signing_keys
import relying_parties.registry.declarative_base
import relying_parties.registry.metadata_models
import relying_parties.registry.models
from config.shared_tables import SharedBase
from config.sql.declarative import all_tables
from idp.database import Base

__all__ = ["card_bridge", "idp", "metadata", "relying_parties"]


@cache
def metadata() -> MetaData:
    return all_tables(
        SharedBase, card_bridge.verification.tables.Base, relying_parties.registry.declarative_base.Base, Base
    )
