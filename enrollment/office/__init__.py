"""The pages of operators: the queue, one request, its decision, notes, invitations; the rules of approval, reminders.

Operators sign in by `enrollment/sign_in`. The tables that a decision changes are in `enrollment/requests`, and what was
accepted reaches the identity provider by `enrollment/delivery`.
"""
