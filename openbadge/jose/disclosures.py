"""Disclosures of an SD-JWT: concealing members of a JSON object and putting disclosed ones back.

RFC 9901 section 4.2 "Disclosures" and section 7.1 "Verification of the SD-JWT", step 3. No signature is seen here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from openbadge import multibase, strict_json
from openbadge.errors import InvalidError

HASHES: Final[Mapping[str, str]] = {"sha-256": "sha256", "sha-384": "sha384", "sha-512": "sha512"}
"""Hash functions by `_sd_alg` (RFC 9901 section 4.1.1): those of the registry that are no weaker than SHA-256."""
DEFAULT_HASH: Final = "sha-256"
"""What a missing `_sd_alg` means (section 4.1.1)."""
DIGESTS: Final = "_sd"
ELEMENT: Final = "..."
HASH_NAME: Final = "_sd_alg"
MAX_DISCLOSURES: Final = 1_000
"""Disclosures of one credential: each costs a hash and a JSON parse; a rich badge has under 100 members."""
SALT_BYTES: Final = 16
"""128 bits, as section 9.3 recommends, so that nobody can guess a concealed value from its digest."""

Path = tuple[str | int, ...]
"""The place of a value: member names and array positions, from the top."""

_PATH: Final = re.compile(r"(?=.{1,500}$)[^.\[\]]+(?:\[(?:0|[1-9][0-9]{0,5})\]|\.[^.\[\]]+)*")
_STEP: Final = re.compile(r"\[([0-9]+)\]|[^.\[\]]+")


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One disclosure: its `text` in the SD-JWT, and what it says. `name` is None for an array element."""

    text: str
    name: str | None
    value: Any

    def digest(self, hash_name: str) -> str:
        """Return the digest that stands for it, under a key of `HASHES`: base64url over the text (section 4.2.3)."""
        return digest(self.text, hash_name)


@dataclass(frozen=True, slots=True)
class Revealed:
    """The outcome of putting disclosures back: the object as its issuer wrote it, without the concealed parts.

    `disclosed` tells which disclosure brought what is at a path; `hidden` holds the paths of objects and arrays with
    undisclosed digests left.
    """

    value: Mapping[str, Any]
    disclosed: Mapping[Path, Disclosure]
    hidden: tuple[Path, ...]


def digest(text: str, hash_name: str) -> str:
    """Return base64url of the hash of an ASCII text."""
    return multibase.base64url_encode(hashlib.new(HASHES[hash_name], text.encode("ascii")).digest())


def read(text: str) -> Disclosure:
    """Read one disclosure. Raises `InvalidError` PARSING_ERROR, or CRYPTOGRAPHIC_SECURITY_ERROR for a reserved name."""
    try:
        parts = strict_json.loads_any(multibase.base64url_decode(text))
    except InvalidError as error:
        raise InvalidError("PARSING_ERROR", f"A disclosure cannot be read: {error.detail}") from error
    if not isinstance(parts, list) or len(parts) not in (2, 3) or not all(isinstance(x, str) for x in parts[:-1]):
        raise InvalidError("PARSING_ERROR", "A disclosure is not a list of a salt, a name and a value.")
    name = parts[1] if len(parts) == 3 else None
    if name in (DIGESTS, ELEMENT, HASH_NAME):
        raise _insecure(f"A disclosure has the reserved name {name!r}.")
    return Disclosure(text, name, parts[-1])


def parse_path(text: str) -> Path:
    """Read a path such as `credentialSubject.phoneNumbers[0]`. Raises `InvalidError` MALFORMED_VALUE_ERROR."""
    if not _PATH.fullmatch(text):
        raise InvalidError("MALFORMED_VALUE_ERROR", f"{text[:100]!r} is not the path of a member.")
    return tuple(int(match[1]) if match[1] else match[0] for match in _STEP.finditer(text))


def conceal(
    value: Mapping[str, Any], paths: Iterable[Path], random_bytes: Callable[[int], bytes]
) -> tuple[dict[str, Any], list[Disclosure]]:
    """Return `value` with digests (SHA-256) in place of what is at `paths`, and the disclosures, the deepest first.

    A path inside another one gives recursive disclosures (section 6.3). Raises `InvalidError` MALFORMED_VALUE_ERROR for
    a path at which there is nothing, or a value that uses the reserved names itself.
    """
    _check_reserved(value)
    result = _copy(value)
    disclosures: list[Disclosure] = []
    for path in sorted(set(paths), key=lambda item: (-len(item), str(item))):
        holder = _at(result, path[:-1], path)
        disclosures.append(_conceal_one(holder, path, random_bytes(SALT_BYTES)))
    if disclosures:
        result[HASH_NAME] = DEFAULT_HASH
    return result, disclosures


def hash_name(payload: Mapping[str, Any]) -> str:
    """Return the hash function of a payload. Raises `InvalidError` CRYPTOGRAPHIC_SECURITY_ERROR for an unknown one."""
    name = payload.get(HASH_NAME, DEFAULT_HASH)
    if not isinstance(name, str) or name not in HASHES:
        raise _insecure(f"The hash function {str(name)[:30]!r} of the disclosures is not accepted.")
    return name


def reveal(payload: Mapping[str, Any], disclosures: Sequence[Disclosure]) -> Revealed:
    """Put all disclosures back where their digests stand (section 7.1 step 3).

    Raises `InvalidError` CRYPTOGRAPHIC_SECURITY_ERROR for a digest or disclosure that occurs twice, a disclosure
    without a digest or of the wrong kind, a name that is there already, an unknown hash function, digests of wrong
    form; LIMIT_EXCEEDED for too many or too deep ones.
    """
    if len(disclosures) > MAX_DISCLOSURES:
        raise InvalidError("LIMIT_EXCEEDED", f"The credential has more than {MAX_DISCLOSURES:,} disclosures.")
    name = hash_name(payload)
    known = {item.digest(name): item for item in disclosures}
    if len(known) != len(disclosures):
        raise _insecure("A disclosure occurs twice.")
    work = _Work(known)
    value = work.members({key: item for key, item in payload.items() if key != HASH_NAME}, ())
    if not known.keys() <= work.seen:
        raise _insecure("A disclosure has no digest in what the issuer signed.")
    return Revealed(value, work.disclosed, tuple(work.hidden))


class _Work:
    """One walk over a payload: what was met on the way."""

    def __init__(self, known: Mapping[str, Disclosure]) -> None:
        self._known = known
        self.seen: set[str] = set()
        self.disclosed: dict[Path, Disclosure] = {}
        self.hidden: list[Path] = []

    def _value(self, value: Any, path: Path) -> Any:
        if len(path) > strict_json.MAX_DEPTH:
            raise InvalidError("LIMIT_EXCEEDED", "The disclosures are nested too deeply.")
        if isinstance(value, dict):
            return self.members(value, path)
        return self._array(value, path) if isinstance(value, list) else value

    def members(self, value: Mapping[str, Any], path: Path) -> dict[str, Any]:
        if ELEMENT in value or HASH_NAME in value:
            raise _insecure("A reserved member of disclosures stands where it must not.")
        result = {name: self._value(item, (*path, name)) for name, item in value.items() if name != DIGESTS}
        for text in _digests(value.get(DIGESTS, [])):
            found = self._find(text, path)
            if found is None:
                continue
            if found.name is None or found.name in result:
                raise _insecure(f"A disclosure is no member, or its name {str(found.name)[:50]!r} is there already.")
            result[found.name] = self._disclose(found, (*path, found.name))
        return result

    def _array(self, value: list[Any], path: Path) -> list[Any]:
        result: list[Any] = []
        for item in value:
            place = (*path, len(result))
            if not isinstance(item, dict) or ELEMENT not in item:
                result.append(self._value(item, place))
            else:
                found = self._find(_element(item), path)
                result.extend([] if found is None else [self._disclose_element(found, place)])
        return result

    def _disclose_element(self, found: Disclosure, path: Path) -> Any:
        if found.name is not None:
            raise _insecure("A disclosure of a member stands in the place of an array element.")
        return self._disclose(found, path)

    def _find(self, text: str, path: Path) -> Disclosure | None:
        if text in self.seen:
            raise _insecure("A digest occurs twice.")
        self.seen.add(text)
        found = self._known.get(text)
        if found is None:
            self.hidden.append(path)
        return found

    def _disclose(self, found: Disclosure, path: Path) -> Any:
        self.disclosed[path] = found
        return self._value(found.value, path)


def _conceal_one(holder: Any, path: Path, salt: bytes) -> Disclosure:
    last = path[-1]
    if isinstance(last, str) and isinstance(holder, dict) and last in holder:
        found = _disclosure(salt, last, holder.pop(last))
        # sorted, so that the order says nothing about the order of the members (section 4.2.4.1)
        holder[DIGESTS] = sorted([*holder.get(DIGESTS, []), found.digest(DEFAULT_HASH)])
    elif isinstance(last, int) and isinstance(holder, list) and last < len(holder):
        found = _disclosure(salt, None, holder[last])
        holder[last] = {ELEMENT: found.digest(DEFAULT_HASH)}
    else:
        raise _nothing_at(path)
    return found


def _disclosure(salt: bytes, name: str | None, value: Any) -> Disclosure:
    parts = [multibase.base64url_encode(salt), *([] if name is None else [name]), value]
    return Disclosure(multibase.base64url_encode(strict_json.dumps(parts)), name, value)


def _at(value: Any, path: Path, whole: Path) -> Any:
    for step in path:
        inside = isinstance(value, dict) if isinstance(step, str) else isinstance(value, list)
        if not inside or (step not in value if isinstance(step, str) else step >= len(value)):
            raise _nothing_at(whole)
        value = value[step]
    return value


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _copy(item) for name, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _check_reserved(value: Any) -> None:
    for item in strict_json.walk(value):
        if isinstance(item, dict) and not {DIGESTS, ELEMENT, HASH_NAME}.isdisjoint(item):
            raise InvalidError("MALFORMED_VALUE_ERROR", "The document uses a name that is reserved for disclosures.")


def _digests(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _insecure("The digests of concealed members (_sd) are not a list of texts.")
    return value


def _element(item: Mapping[str, Any]) -> str:
    if len(item) != 1 or not isinstance(item[ELEMENT], str):
        raise _insecure("A concealed array element has other members than its digest.")
    return str(item[ELEMENT])


def _nothing_at(path: Path) -> InvalidError:
    return InvalidError("MALFORMED_VALUE_ERROR", f"There is nothing at the path {path!r} that could be concealed.")


def _insecure(detail: str) -> InvalidError:
    return InvalidError("CRYPTOGRAPHIC_SECURITY_ERROR", detail)
