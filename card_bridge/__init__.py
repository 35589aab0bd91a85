"""Both banks of the card bridge: the workstation beside the browser, and the verification in the services.

`identity.py` is what a verified card says of its holder, and how a service asks for it.
The two banks are to come: they will share one message, the card assertion, and never
import each other.
"""
