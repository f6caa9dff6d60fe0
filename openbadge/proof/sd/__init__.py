"""Selective disclosure for ecdsa-sd-2023: VC Data Integrity ECDSA Cryptosuites 1.0, sections 3.4 and 3.5.

pointers    JSON pointers, and the part of a document that they select
skolem      names for objects without id, so that the same object has the same name in every part
labels      canonical labels replaced by keyed hashes, so that they do not tell what is hidden
statements  a document as signed statements, and which of them a selection shows
values      the two proof values in CBOR
issue       base proofs, made by the issuer
derive      derived proofs, made by the holder
"""
