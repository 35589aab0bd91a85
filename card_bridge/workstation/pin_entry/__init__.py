"""The ways to ask for the PIN, outside the page: `base.py` says what each of them receives and returns.

The PIN is sent to the card by the driver, never from here. The reader's keypad is the exception: the reader itself
sends it.
"""
