"""The workstation half: reader and card, the bridge that a page of the browser speaks to, and the virtual kit.

What decides whether an assertion is believed is not here: the services do that in `card_bridge.verification`.
"""
