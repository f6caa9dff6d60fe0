"""JSON Object Signing: compact signatures, public keys, selective disclosure. RFC 7515, 7517, 7518, 8037, 8725, 9901.

Bytes and values in, bytes and values out; no key is ever fetched, and none that a token brings along is believed.
"""
