"""The four steps of a request: the card, the person, what they ask for, and the check before it is sent.

Each step is a page with a form. What it must hold to be complete is in `enrollment/applicant/step_order.py`.
"""
