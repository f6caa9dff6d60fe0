"""Templates: credential shapes as data, with typed slots. The only reader of the folder `templates/`.

A shape is a JSON-LD document in which four kinds of objects stand for something else:

    {"$fixed": NAME}                 content that all earners share, put in when a definition is approved
    {"$slot": NAME}                  a value of one credential, of the type that the slot declares
    {"$each": NAME, "item": SHAPE}   inside a list: one item per entry of the list value NAME
    {"$when": SLOT, "then": SHAPE}   present only if the slot has a value

A slot takes a value, never JSON text, and is always a whole member. An optional slot without a value takes its
member away; so does fixed content that is not there, and a list that stays empty.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from issuer.errors import FieldError
from issuer.slots import SLOT_TYPES, SlotType

Values = Mapping[str, Any]
"""Slot values of one credential by slot name: texts. A list value holds one mapping of texts per item, by the names
without the prefix."""

_ABSENT: Final = object()


class TemplateError(RuntimeError):
    """A template file is wrong: a broken installation, never the fault of a definition or a completion."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A typed hole of a template. Rules of the data model look at the value of a `judged` one beyond its type."""

    name: str
    type: SlotType
    optional: bool
    judged: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """A credential shape: its slots by name, its document, the SHA-256 of its file in hexadecimal digits, and the names
    of its list values in order."""

    name: str
    title: str
    slots: Mapping[str, Slot]
    document: Mapping[str, Any]
    digest: str
    lists: tuple[str, ...]

    @classmethod
    def load(cls, name: str) -> Template:
        """Return the template in the folder `name`. Raises `TemplateError` when it is missing or wrong."""
        return _load(name)

    def apply(self, fixed: Mapping[str, Any]) -> Draft:
        """Put in what all earners share: `fixed` maps the template's `$fixed` names to JSON, or leaves one out."""
        return Draft(self, _members(self.document, fixed))


@dataclass(frozen=True, slots=True)
class Draft:
    """A template for one definition version and issuer: only slots are left open."""

    template: Template
    document: Mapping[str, Any]

    def fill(self, values: Values) -> dict[str, Any]:
        """Return the document of one credential.

        Raises `FieldError` naming the slot: a value of the wrong type, a required one missing, or one too many.
        """
        return self.place(self._checked(values))

    def place(self, values: Values) -> dict[str, Any]:
        """Return the document with `values` in its slots, unchecked: for the markers of the compiler."""
        return dict(_filled(self.document, values))

    def check(self, values: Values) -> None:
        """Accept values for the slots. Raises `FieldError` as `fill` does."""
        self._checked(values)

    def _checked(self, values: Values) -> Values:
        for name, value in values.items():
            if name in self.template.lists:
                self._check_list(name, value)
            else:
                self._check_slot(name, name, value)
        for slot in self.template.slots.values():
            if "." not in slot.name and not slot.optional and slot.name not in values:
                raise FieldError(slot.name, "has no value")
        return values

    def _check_list(self, name: str, value: Any) -> None:
        if isinstance(value, str):
            raise FieldError(name, "takes a list of items")
        for index, item in enumerate(value):
            for part, text in item.items():
                self._check_slot(f"{name}.{part}", f"{name}[{index}].{part}", text)
            for slot in self.template.slots.values():
                prefix, _, part = slot.name.partition(".")
                if prefix == name and not slot.optional and part not in item:
                    raise FieldError(f"{name}[{index}].{part}", "has no value")

    def _check_slot(self, name: str, path: str, value: Any) -> None:
        slot = self.template.slots.get(name)
        if slot is None:
            raise FieldError(path, "is not a slot of the template")
        slot.type.check(value, path)


def names() -> list[str]:
    """Return the names of all templates."""
    return sorted(path.name for path in _folder().iterdir() if (path / "template.json").is_file())


def example(name: str) -> dict[str, Any]:
    """Return the example of a template: `fixed` content and `values` that fill it."""
    return dict(_read(name, "example.json")[0])


def _folder() -> Path:
    here = Path(__file__).resolve().parent
    packaged = here / "_templates"
    return packaged if packaged.is_dir() else here.parent / "templates"


def _read(name: str, file: str) -> tuple[Any, str]:
    try:
        data = (_folder() / name / file).read_bytes()
        return json.loads(data), hashlib.sha256(data).hexdigest()
    except (OSError, ValueError) as error:
        raise TemplateError(f"the template {name} has no readable {file}") from error


@cache
def _load(name: str) -> Template:
    data, digest = _read(name, "template.json")
    try:
        slots = {
            key: Slot(key, SLOT_TYPES[row["type"]], row.get("optional", False), row.get("judged", False))
            for key, row in data["slots"].items()
        }
        lists = sorted({key.partition(".")[0] for key in slots if "." in key})
        template = Template(
            data["name"], data["title"], MappingProxyType(slots), data["document"], digest, tuple(lists)
        )
    except KeyError as error:
        raise TemplateError(f"the template {name} lacks or misspells {error}") from error
    used = set(_used(template.document))
    if template.name != name or used != set(slots):
        raise TemplateError(f"the template {name} declares other slots than it uses: {sorted(used ^ set(slots))}")
    return template


def _used(shape: Any) -> Iterator[str]:
    if isinstance(shape, Mapping):
        if "$slot" in shape:
            yield shape["$slot"]
        for part in shape.values():
            yield from _used(part)
    elif isinstance(shape, list):
        for part in shape:
            yield from _used(part)


def _members(shape: Any, fixed: Mapping[str, Any]) -> Any:
    """Replace `$fixed` objects everywhere; a list takes in the items of a fixed list."""
    if isinstance(shape, list):
        items: list[Any] = []
        for part in shape:
            value = _members(part, fixed)
            items.extend(value if isinstance(value, list) else [] if value is _ABSENT else [value])
        return items
    if isinstance(shape, Mapping):
        if "$fixed" in shape:
            return fixed.get(shape["$fixed"], _ABSENT)
        parts = {name: _members(part, fixed) for name, part in shape.items()}
        return {name: part for name, part in parts.items() if part is not _ABSENT}
    return shape


def _filled(shape: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(shape, list):
        found = [value for part in shape for value in _items(part, values)]
        return [value for value in found if value is not _ABSENT] or _ABSENT
    if not isinstance(shape, Mapping):
        return shape
    if "$slot" in shape:
        return values.get(shape["$slot"], _ABSENT)
    parts = {name: _filled(part, values) for name, part in shape.items()}
    return {name: part for name, part in parts.items() if part is not _ABSENT}


def _items(part: Any, values: Mapping[str, Any]) -> Iterator[Any]:
    if isinstance(part, Mapping) and "$each" in part:
        name = part["$each"]
        for item in values.get(name, ()):
            yield _filled(part["item"], {**values, **{f"{name}.{key}": value for key, value in item.items()}})
    elif isinstance(part, Mapping) and "$when" in part:
        if part["$when"] in values:
            yield _filled(part["then"], values)
    else:
        yield _filled(part, values)
