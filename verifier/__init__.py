"""The checker: says of a credential whether it is authentic, and whether it will work elsewhere.

It imports the format (`openbadge`) and nothing of the issuer; it needs no database and no secret.
"""
