"""PIN requests as the card code makes them, for an invented holder."""

from collections.abc import Callable
from datetime import date

from card_bridge.assertion import Purpose
from card_bridge.workstation.holder import Holder
from card_bridge.workstation.pin_entry.base import PinFormat, Pinpad, PinRequest

JEANNE = Holder(name="Jeanne DUPONT", profession="Médecin", expires_on=date(2028, 3, 14))
FOUR_DIGITS = PinFormat(least=4, most=4, numeric=True, stored_length=0, padding=0)


def pin_request(
    *,
    tries_left: int | None = 3,
    holder: Holder = JEANNE,
    pinpad: Pinpad | None = None,
    card_is_present: Callable[[], bool] = lambda: True,
) -> PinRequest:
    return PinRequest(
        purpose=Purpose.LOGIN,
        origin="https://id.example",
        holder=holder,
        tries_left=tries_left,
        format=FOUR_DIGITS,
        reader="Virtual PCD 00 00",
        pinpad=pinpad,
        card_is_present=card_is_present,
    )
