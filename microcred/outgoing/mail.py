"""Mail to learners: a few plain lines with the link to the credential, over SMTP (RFC 5321)."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from types import MappingProxyType
from typing import Final

from issuer.jobs.deliveries import DeliveryError
from issuer.jobs.notice import About, Notice
from issuer.jobs.settings import MailServer

SECONDS: Final = 30
"""How long the mail server may take for each answer (RFC 5321 section 4.5.3.2 has minutes; it is our own server)."""
_PERMANENT: Final = 500
"""Replies from here on are refusals for good (RFC 5321 section 4.2.1)."""

ISSUED: Final = """\
Dear {learner},

{institution} has issued your credential “{achievement}”:

{url}

The page shows what you achieved, lets you download the credential for your wallet, and lets anybody check it.

This message was sent automatically.
"""
ISSUED_AGAIN: Final = """\
Dear {learner},

{institution} has changed the key that it signs with, and has issued your credential “{achievement}” again:

{url}

The address is the same as before, and so is what the credential says. Only files that you downloaded earlier are no
longer accepted: please download it again, and replace it in your wallet.

This message was sent automatically.
"""
TEXTS: Final[Mapping[str, str]] = MappingProxyType({"credential.issue": ISSUED, "credential.reissue": ISSUED_AGAIN})
"""What is written about which event."""


@dataclass(frozen=True, slots=True)
class Mail:
    """Sends mail through one server. `tls` checks its certificate."""

    server: MailServer
    tls: ssl.SSLContext
    clock: Callable[[], datetime]
    name: str = "mail"
    events: frozenset[str] = frozenset(TEXTS)
    to_learner: bool = True

    def send(self, notice: Notice) -> None:
        """Send a notice about an issued credential. Raises `DeliveryError`, whose text never names the learner."""
        about = notice.about
        if about is None or about.completion.learner_email is None:
            raise DeliveryError("The learner has no e-mail address any more.", is_final=True)
        message = self._message(notice, about, about.completion.learner_email)
        try:
            with self._connection() as smtp:
                smtp.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise _refused(max(codes)) from None
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code) from None
        except ssl.SSLError:
            raise DeliveryError(f"The mail server {self.server.host} has no acceptable certificate.") from None
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryError(f"The mail server {self.server.host} failed: {type(error).__name__}.") from None

    def _connection(self) -> smtplib.SMTP:
        host, port = self.server.host, self.server.port
        if self.server.tls == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=self.tls)
        else:
            smtp = smtplib.SMTP(host, port, timeout=SECONDS)
        try:
            if self.server.tls == "starttls":
                smtp.starttls(context=self.tls)
            if self.server.user is not None:
                smtp.login(self.server.user, self.server.password or "")
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _message(self, notice: Notice, about: About, address: str) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self.server.sender
        message["To"] = address
        message["Subject"] = f"Your credential: {_line(about.achievement)}"
        message["Date"] = format_datetime(self.clock())
        # The same for each try, so that a mail server can drop what comes twice.
        message["Message-ID"] = f"<{notice.id}@{self.server.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        values = {
            "learner": about.completion.learner_name,
            "institution": notice.institution.name,
            "achievement": about.achievement,
            "url": about.url,
        }
        message.set_content(TEXTS[notice.event].format(**values))
        return message


def _line(text: str) -> str:
    """A text in one line: a header has no others."""
    return " ".join(text.split())


def _refused(code: int) -> DeliveryError:
    is_final = code >= _PERMANENT
    return DeliveryError(f"The mail server refused the message ({code}).", is_final=is_final)
