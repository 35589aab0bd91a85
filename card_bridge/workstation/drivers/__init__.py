"""The drivers of the cards: one module for each generation, chosen by the card's Answer To Reset.

A driver knows the commands of its card. What the directories of a card say is in `pkcs15.py`, and who asks for the
PIN and for what is in `operation.py`.
"""
