"""The national register of health professionals (RPPS): its public extract, and requests compared with it.

`columns` and `extract_file` read the published file, `importing` puts it into the database, `register` looks a number
up and `matching` compares. The register is evidence for an operator: RPPS numbers and names are public, so a match
never proves who is typing. Nothing here changes a request.
"""
