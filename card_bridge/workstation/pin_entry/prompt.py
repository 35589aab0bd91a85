"""The PIN prompt of one operation: the keypad of the reader, else a window; and the PIN of the page if allowed."""

from card_bridge.workstation.pin_entry.base import Pin, Pinpad, PinRequest, TypedOnPinpad
from card_bridge.workstation.pin_entry.dialogs import Dialogs, Patience


class OperationPrompt:
    """Asks for the PIN of one operation, with the short code of its page."""

    def __init__(self, dialogs: Dialogs, *, code: str, patience: Patience, page_pin: Pin | None = None) -> None:
        """Prepare to ask.

        Args:
            dialogs: what shows the questions.
            code: the short code that the page shows; "" when it shows none.
            patience: the time limit, and the cancellation by the page.
            page_pin: the PIN that was typed in the page, when the settings allow that.
        """
        self._dialogs = dialogs
        self._code = code
        self._patience = patience
        self._page_pin = page_pin

    def ask(self, request: PinRequest) -> Pin | TypedOnPinpad | None:
        """As `PinPrompt.ask`. Whatever the way, the bridge's own window shows the origin, the holder and the tries."""
        if self._page_pin is not None:
            return self._confirmed_page_pin(request, self._page_pin)
        if request.pinpad is not None:
            return self._typed_on_pinpad(request, request.pinpad)
        return self._dialogs.ask_pin(request, self._code, self._patience)

    def _confirmed_page_pin(self, request: PinRequest, pin: Pin) -> Pin | None:
        if not self._dialogs.confirm_use(request, self._code, self._patience):
            return None
        return Pin(bytes(pin.octets), last_try_accepted=request.is_last_try)

    def _typed_on_pinpad(self, request: PinRequest, pinpad: Pinpad) -> TypedOnPinpad | None:
        accepted = request.is_last_try
        if accepted and not self._dialogs.confirm_use(request, self._code, self._patience):
            return None

        def typed() -> bytes:
            return pinpad.verify(seconds=self._patience.left, last_try_accepted=accepted)

        return TypedOnPinpad(status=self._dialogs.during_pinpad(request, self._code, self._patience, typed))
