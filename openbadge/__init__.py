"""The format: Open Badges 3.0 and W3C Verifiable Credentials as bytes and values.

Nothing here touches the network, a database, the clock, randomness, the environment or a private key, and nothing
here knows whether it is used by an issuer or by a verifier.
"""
