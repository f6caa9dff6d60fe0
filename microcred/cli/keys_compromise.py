"""`microcred keys compromise`: stop a key that somebody else may know, and mend what it signed."""

from __future__ import annotations

import argparse
import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from issuer.compromise import HONEST, REISSUED, UNHEARD, Compromise, Signed
from issuer.issuance_log import IssuanceLog
from issuer.key_files import write_private
from issuer.keys import REVOKED, KeyInfo
from issuer.keys_kinds import DEFAULT_KIND
from issuer.model.forms import instant
from issuer.reissue import CHANGED, FORGED, REFUSED, Reissued
from issuer.reissue import REVOKED as WAS_REVOKED
from microcred.cli.context import Context, add_actor
from openbadge import timestamps

CONSEQUENCES: Final = """\
Declaring {name} compromised cannot be undone. Do it if somebody else may know the secret, not to rotate
(`microcred keys rotate`).
{effect}
Nothing was changed. To do it, run the same command with --yes."""
PUBLISHED: Final = """\
  * {} publishes the key as revoked, at once.
  * Every credential that it signed stops verifying, everywhere, the honest ones among them.
  * With --reissue the honest ones are issued again at the same addresses, if there is another key;
    make one first with `microcred keys new`.
  * Status lists, if it signed them, are signed again with the next key."""
NOT_PUBLISHED: Final = """\
  * It signs nothing any more.
  * Nobody else can be told: {} is the key itself, and has no document that could say it.
    What it signed goes on verifying; revoke those credentials one by one."""
WORDS: Final = {
    HONEST: "honest, to be issued again",
    REISSUED: "issued again since",
    WAS_REVOKED: "revoked before, and not issued again",
    REFUSED: "honest, but cannot be signed any more",
    FORGED: "NOT IN THE AUDIT LOG: nobody issued them here",
    CHANGED: "NOT AS THEY WERE SIGNED: somebody changed the database",
    UNHEARD: "of an issuer profile; revoke them one by one",
}
"""What each verdict means, in the order in which they are said."""
_RISKY: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would compute."""


def add(actions: Any) -> None:
    """Add the command to the actions of `microcred keys`."""
    parser = actions.add_parser("compromise", help="declare a key known to others; what it signed stops verifying")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--since", metavar="TIME", help="since when others may have known it (default: now)")
    parser.add_argument("--reissue", action="store_true", help="issue again what it honestly signed")
    parser.add_argument("--out", metavar="DIR", type=Path, help="for the lists (default: compromise/NAME in the home)")
    parser.add_argument("--yes", action="store_true", help="do it: without this, only say what would happen")
    add_actor(parser)
    parser.set_defaults(run=_compromise)


def _compromise(args: argparse.Namespace, context: Context) -> int:
    service = context.service()
    work = Compromise(service, args.name)
    if work.key.state != REVOKED and not args.yes:
        effect = PUBLISHED if work.key.controller == service.institution.did else NOT_PUBLISHED
        text = CONSEQUENCES.format(name=args.name, effect=effect.format(work.key.controller))
        print(text, file=context.streams.stderr)
        return 1
    was_active = work.key.ends is None
    key = work.declare(None if args.since is None else instant(args.since, "--since"), args.by)
    context.say(f"{key.name} is declared compromised since {timestamps.write(key.compromised or key.since)}.")
    if was_active:
        _say_next_key(key, service.institution.did, context)
    log = work.log()
    done = _reissue(work, log, args, context)
    folder = args.out or context.installation().settings.home / "compromise" / key.name
    _report(work.signed(log), log, done, folder, context)
    return 0


def _say_next_key(key: KeyInfo, controller: str, context: Context) -> None:
    if key.controller == controller:
        option = "" if key.algorithm == DEFAULT_KIND else f" --algorithm {key.algorithm}"
        context.say(f"Another key has to sign from now on; if there is none, run `microcred keys new{option}`.")


def _reissue(work: Compromise, log: IssuanceLog, args: argparse.Namespace, context: Context) -> Reissued:
    if not args.reissue:
        return Reissued()

    def tell(done: Reissued) -> None:
        print(f"issued again: {done.credentials}", file=context.streams.stderr, flush=True)

    done = work.reissue(log, args.by, tell)
    context.say(f"Issued again: {done.credentials}. Tokens to be signed anew when they are asked for: {done.tokens}.")
    return done


def _report(found: Iterable[Signed], log: IssuanceLog, done: Reissued, folder: Path, context: Context) -> None:
    """Write both lists, and say how many there are of each kind."""
    counts: Counter[tuple[str, str]] = Counter()
    seen = set[str]()
    table, honest = folder / "signed.csv", folder / "honest.sha256"
    write_private(table, "".join(_rows(_watched(found, seen), done, counts)).encode())
    write_private(honest, "".join(f"{digest}\n" for digest in log.digests()).encode())
    missing = len(log.credential_digests() - seen)
    context.say(f"What it signed, {sum(counts.values())} in all:")
    if missing:
        context.say(f"  {missing} credentials IN THE AUDIT LOG AND NOT IN THE DATABASE: somebody removed them")
    for (form, verdict), count in sorted(counts.items(), key=lambda item: list(WORDS).index(item[0][1])):
        context.say(f"  {count} {form}s {WORDS[verdict]}")
    context.say(f"{table} lists them with their addresses; keep it to yourself.")
    context.say(f"{honest} has the digests of all that is honest; publish it, and what is not in it is exposed.")


def _watched(found: Iterable[Signed], seen: set[str]) -> Iterator[Signed]:
    for item in found:
        seen.add(item.sha256)
        yield item


def _rows(found: Iterable[Signed], done: Reissued, counts: Counter[tuple[str, str]]) -> Iterator[str]:
    yield _line(("form", "address", "sha256", "issuedAt", "verdict", "reason"))
    for item in found:
        word, reason = done.left.get(item.address.rpartition("/")[2], (item.verdict, ""))
        verdict = word if item.verdict == HONEST and item.form == "credential" else item.verdict
        counts[item.form, verdict] += 1
        yield _line((item.form, item.address, item.sha256, timestamps.write(item.issued_at), verdict, reason))


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([f"'{cell}" if cell.startswith(_RISKY) else cell for cell in cells])
    return text.getvalue()
