"""Login, for both protocols: the requirements, the pages, and the decision that ends it.

    protocol.read -> LoginRequest -> LoginFlow.decide -> a page -> LoginFlow.decide ... -> protocol.answer

request             what a protocol implements, and its requests
flow, requirements  the decision, and the requirements that it checks
pending, pending_cookies, start   logins in progress, which the browser keeps
views, step, step_pages, pages    the pages of a login in progress
step_forms          their forms, but those of the login methods
shown_session       the session that a page shows, which its form is about
methods             how a person authenticates
session_opener      what follows a successful authentication
browser             what is known of the browser that logs in
card_to_enrollment  a card that no account knows, on its way to a request for an account
respond             how the protocol's response is sent
internal_pages      our own pages that need a login

A page never calls another: each returns to the decision. Nothing here knows a protocol. Sessions, logout and
accounts have packages of their own.
"""
