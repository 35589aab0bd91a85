"""Who may ask us to log someone in: the registry of relying parties, and the rules of a registration.

Below the identity provider: nothing here knows how a person logs in. The
sample applications, in `samples`, know us only by the public protocols.
"""
