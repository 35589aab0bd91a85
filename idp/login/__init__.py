"""A login, whichever protocol asked for it: its requirements, its pages, and the decision that ends it.

    protocol.read -> LoginRequest -> LoginFlow.decide -> a page -> LoginFlow.decide ... -> protocol.answer

`flow` decides and `requirements` lists what must be true; `pending` keeps a login that waits for a
person, and `views` shows its pages. A page never calls another: each returns to the decision. Nothing
here knows the protocol; sessions, logout and accounts have packages of their own.
"""
