"""Which slots of a template are filled, and in which order a compiled template works on their values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from issuer.template import Slot, Template, Values
from openbadge.text import picker

Presence = tuple[tuple[str, tuple[tuple[str, ...], ...] | None], ...]
"""The slots that have a value, in order: for a list value the members of each item, else None."""


def presence_of(values: Values) -> Presence:
    """Return which slots of a template have a value. A list value without items is none."""
    return tuple(
        (name, None if isinstance(value, str) else tuple(tuple(sorted(item)) for item in value))
        for name, value in sorted(values.items())
        if value != []
    )


class Layout:
    """The order of the values for one presence: single slots by name, then list by list, item by item. Immutable."""

    __slots__ = ("_items", "_single", "presence", "slots")

    def __init__(self, template: Template, presence: Presence) -> None:
        single = [name for name, items in presence if items is None]
        lists = [(name, items) for name, items in presence if items is not None]
        names = single + [f"{name}.{part}" for name, items in lists for item in items for part in item]
        self.presence = presence
        self.slots: tuple[Slot, ...] = tuple(template.slots[name] for name in names)
        self._single = picker(single)
        self._items = [(name, index, picker(item)) for name, items in lists for index, item in enumerate(items)]

    def ordered(self, values: Values) -> list[str]:
        """Return the values in order; they have the presence of this layout."""
        ordered: list[str] = [*self._single(values)]
        for name, index, pick in self._items:
            ordered += pick(values[name][index])
        return ordered

    def placed(self, ordered: Sequence[str]) -> dict[str, Any]:
        """Return the values by slot: the inverse of `ordered`."""
        rest = iter(ordered)
        placed: dict[str, Any] = {name: next(rest) for name, items in self.presence if items is None}
        for name, items in self.presence:
            if items is not None:
                placed[name] = [{part: next(rest) for part in item} for item in items]
        return placed

    def numbers(self, name: str) -> list[int]:
        """Return where the values of the slot `name` stand: for a slot of a list, one number per item that has it."""
        return [number for number, slot in enumerate(self.slots) if slot.name == name]
