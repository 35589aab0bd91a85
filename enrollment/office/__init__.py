"""The pages of operators: signing in, the queue, one request, decisions, notes, invitations.

What an operator decides is written by `requests`; the identity provider is told by `delivery.py`.
"""
