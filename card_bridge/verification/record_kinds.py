"""What both services keep in their stores about cards. Each service has a store of its own."""

from config.redis.store import RecordKind


class CardRecord(RecordKind):
    """The kind of a record, the first part of its key."""

    CHALLENGE = "card-challenge"
    """A challenge that a card has signed: it counts once."""
    TICKET = "card-ticket"
    """What a card is asked for, on its way to the card software or to the TLS host (`hand_offs.py`)."""
    HANDLE = "card-handle"
    """What a card has given, on its way back to the page that made the ticket."""
