"""The pages of the person who asks: the entry, the four steps, the verification of the e-mail, the status page.

Rules of a request are in `requests`, the data that steps offer in `reference` and `offer.py`.
"""
