"""The national register of professionals (RPPS), imported from its public extract, and matched with requests.

A match is evidence for an operator and never proves who is typing. The rules of the numbers themselves are in
`reference`.
"""
