"""What can be wrong between a source and us, beside the errors that the whole issuer has.

A report is refused with `SignatureError` (401), `InvalidError` PARSING_ERROR or LIMIT_EXCEEDED of the JSON reader
(400, 413), or `FieldError` (422). No message repeats a value that was sent: it could name a person.
"""

from __future__ import annotations

from issuer.errors import IssuerError, UnauthenticatedError


class SignatureError(UnauthenticatedError):
    """It is not proved that the source sent this: no signature, a wrong one, an old one, a wrong secret."""

    code = "BAD_SIGNATURE"
    title = "It is not proved who sent this"


class SourceError(IssuerError):
    """The source answered our own question with an error, or with something else than an answer.

    `reason` is the source's short code for it, such as `usernotenroled`; `retry` says whether asking again later can
    help.
    """

    code = "SOURCE_ERROR"
    title = "The learning platform gave no usable answer"

    def __init__(self, detail: str, reason: str = "", *, retry: bool = False) -> None:
        super().__init__(detail)
        self.reason = reason
        self.retry = retry
