"""Between the protocols: what was asked, what is still missing, and how a person proves who they are.

    protocol.read -> LoginRequest -> dispatch -> page named by what is missing -> dispatch ... -> protocol.answer

Steps never call one another: each returns to `dispatch`, which looks at what is
stored. Nothing here knows which protocol is being spoken.
"""
