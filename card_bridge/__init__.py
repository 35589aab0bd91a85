"""Both banks of the card bridge: the workstation beside the browser, and the verification in the services.

Nothing is here yet. They will share one message, the card assertion, and never
import each other.
"""
