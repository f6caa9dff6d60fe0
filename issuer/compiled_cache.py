"""The compiled templates of one issuer and key: kept in memory, and as files that other processes can use.

Compiling takes a tenth of a second and more, so what one process has compiled and proven the others load. A file is
named by the SHA-256 of all that its content follows from: this code, the vocabularies, the template, the content of
the definition, the issuer and the key. It holds statements in JSON, never code, under a digest of its own.

A file is believed only after that digest was compared, and after two samples came out equal to the general algorithm,
byte for byte. In each of them every slot has a value of its own, and another one in the other; every statement shows.
So equal bytes say that the file holds what this process would have compiled, whoever wrote it: a lie would have to be
a constant that equals two different values. The rules that a definition must meet are not asked again: they were when
the file was made, by the same code, about the same content. A file that is damaged or of another kind is made anew.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, Final

from issuer.compile import compile_template, finish, hostile, kinds_of, prove
from issuer.compiled import CompiledTemplate
from issuer.errors import IntegrityError
from issuer.layout import Layout, Presence, presence_of
from issuer.lint import Linter
from issuer.template import Draft, Values
from openbadge import contexts
from openbadge.errors import InvalidError
from openbadge.shape import TEXT, Shape, Statement
from openbadge.shape_parts import ShapeError, assemble

CODE_VERSION: Final = 1
"""Raise it when compiling, or what `lint` demands, changes: files of another version are not used."""
MAX_COMPILED: Final = 256
"""Compiled templates kept in memory: definition versions in use, times the combinations of optional slots."""
MAX_FILES: Final = 4_096
"""Files kept in the folder, at some 20 KB each; beyond that the folder is emptied, and fills again as needed."""
MAX_FILE_BYTES: Final = 4 * 1024 * 1024
"""Bytes of a file that are read: a badge with a thousand statements has 200 KB, and may itself have 1 MiB at most."""
SAMPLE_EVERY: Final = 1_000
"""One credential in so many is also canonicalised by the general algorithm, which costs a hundred times as much."""
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What all compiled templates of a definition version begin with: its content, who signs and who proves it.

    `digest` is that of the definition version; the time in `proof_options` does not matter.
    """

    digest: bytes
    draft: Draft
    proof_options: Mapping[str, str]
    linter: Linter


class CompiledTemplates:
    """Makes, keeps and finds compiled templates. Safe to use from threads, and from processes that share `folder`.

    Without a folder they are kept in memory alone.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._kept: OrderedDict[tuple[Any, ...], CompiledTemplate] = OrderedDict()
        self._lock = threading.Lock()
        self._issued = count(1)
        self._stopped = False

    def get(self, recipe: Recipe, values: Values, now: datetime) -> CompiledTemplate:
        """Return the compiled template for the slots that `values` fill.

        Raises `FieldError`, `LintError` if it cannot be proven, and `IntegrityError` when all is stopped.
        """
        if self._stopped:
            raise IntegrityError("Issuing is stopped: a compiled template was wrong. Please report this, and restart.")
        key = (recipe.digest, _filled(recipe.draft, values))
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        made = self._made(recipe, values, now)  # beside the lock: others go on issuing meanwhile
        with self._lock:
            self._kept[key] = made
            if len(self._kept) > MAX_COMPILED:
                self._kept.popitem(last=False)
        return made

    def is_sample(self) -> bool:
        """Say of every thousandth credential that it shall be proven by the general algorithm, too."""
        return next(self._issued) % SAMPLE_EVERY == 0

    def stop(self) -> None:
        """Give out no compiled template any more: one was wrong, so none can be trusted until somebody has looked."""
        self._stopped = True

    def _made(self, recipe: Recipe, values: Values, now: datetime) -> CompiledTemplate:
        recipe.draft.check(values)
        layout = Layout(recipe.draft.template, presence_of(values))
        file = None if self._folder is None else self._folder / f"{digest_of(recipe, layout.presence)}.json"
        found = None if file is None else load(file, recipe, layout, now)
        if found is None:
            found = compile_template(recipe.draft, values, recipe.proof_options, recipe.linter, now)
            if file is not None:
                store(file, found)
        return found


def _filled(draft: Draft, values: Values) -> tuple[Any, ...]:
    """Return which slots are filled, quickly: values in another order may give another key for the same presence."""
    return (*values, *[tuple(map(tuple, values.get(name, ()))) for name in draft.template.lists])


def digest_of(recipe: Recipe, presence: Presence) -> str:
    """Return the name under which a compiled template is stored: 64 hexadecimal digits."""
    options = {name: value for name, value in recipe.proof_options.items() if name != "created"}
    template = recipe.draft.template
    content = [CODE_VERSION, contexts.contexts().digest, template.digest, presence, options, recipe.draft.document]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def store(file: Path, compiled: CompiledTemplate) -> None:
    """Write a compiled template, whole or not at all. A folder that cannot be written is no reason not to issue.

    Nothing is flushed to the disk: what a power failure leaves half-written is found out by its digest.
    """
    shapes = {"document": _shape_json(compiled.document), "proof": _shape_json(compiled.proof.shape)}
    body = json.dumps(shapes, separators=(",", ":")).encode()
    temporary = file.with_name(f"{file.name}.{os.getpid()}.{threading.get_ident()}.new")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_room(file.parent)
        temporary.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        temporary.replace(file)
    except OSError as error:
        _LOG.warning("compiled templates cannot be kept in %s: %s", file.parent, error.strerror)


def load(file: Path, recipe: Recipe, layout: Layout, now: datetime) -> CompiledTemplate | None:
    """Return the compiled template in a file, or None when there is none that can be believed."""
    try:
        body = _body(file)
        shapes = (_shape(body["document"], kinds_of(layout)), _shape(body["proof"], [TEXT]))
        compiled = finish(recipe.draft, layout, recipe.proof_options, *shapes)
        for turn in range(2):
            prove(compiled, hostile(layout, turn), recipe.proof_options, now)
    except FileNotFoundError:
        return None
    except _UNBELIEVABLE as error:
        _LOG.warning("the compiled template %s is made anew: %s", file.name, error)
        return None
    return compiled


_UNBELIEVABLE: Final = (OSError, ShapeError, InvalidError, LookupError, TypeError, ValueError, RecursionError)
"""What reading any bytes whatever as a compiled template may raise."""


def _body(file: Path) -> dict[str, Any]:
    with file.open("rb") as opened:
        digest, _, body = opened.read(MAX_FILE_BYTES).partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise ShapeError("it is damaged")
    read: dict[str, Any] = json.loads(body)
    return read


def _shape_json(shape: Shape) -> dict[str, Any]:
    rows = [(item.subject, item.predicate, item.object, item.suffix) for item in shape.statements]
    return {"statements": rows, "blanks": shape.blanks}


def _shape(read: Mapping[str, Any], kinds: Sequence[str]) -> Shape:
    blanks = [_text(name) for name in read["blanks"]]
    terms = range(len(kinds) + len(blanks))
    return assemble(kinds, [_statement(*row, terms=terms) for row in read["statements"]], blanks)


def _statement(subject: Any, predicate: Any, obj: Any, suffix: Any, *, terms: range) -> Statement:
    return Statement(_term(subject, terms), _text(predicate), _term(obj, terms), _text(suffix))


def _term(value: Any, terms: range) -> str | int:
    return value if type(value) is int and value in terms else _text(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ShapeError("it holds something else than statements")
    return value


def _make_room(folder: Path) -> None:
    files = list(folder.iterdir())
    if len(files) >= MAX_FILES:
        for file in files:
            file.unlink(missing_ok=True)
