"""Markdown of a definition or a badge becomes harmless HTML.

Open Badges 3.0 allows Markdown in `narrative` texts. HTML in it stays text, pictures become their
description, headings become bold lines (the page has headings of its own), and only https links remain. What
the renderer gives is cleaned once more against a small list of elements, so that a defect of one of the two
opens nothing.
"""

from __future__ import annotations

from html import escape
from typing import Any, Final

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

MAX_LENGTH: Final = 20_000
"""Characters: twice what a definition may have. Longer texts are shown plain."""
MAX_BRACKETS: Final = 500
"""Brackets, stars and the like: their pairing takes time in the square of their number."""
MAX_NESTING: Final = 20
"""Levels of lists and quotations."""

_PAIRED: Final = "[]()*_`<>!"
_ELEMENTS: Final = frozenset({"a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "strong", "ul"})


def render(text: str) -> Markup:
    """Return `text` (Markdown) as safe HTML; a text that would be costly to render comes back as plain paragraphs."""
    if len(text) > MAX_LENGTH or sum(map(text.count, _PAIRED)) > MAX_BRACKETS:
        return _plain(text[:MAX_LENGTH])
    return _clean(_RENDERER.render(text))


def _plain(text: str) -> Markup:
    paragraphs = (escape(part).replace("\n", "<br>") for part in text.split("\n\n") if part.strip())
    return _clean("".join(f"<p>{part}</p>" for part in paragraphs))


def _clean(html: str) -> Markup:
    cleaned = nh3.clean(
        html,
        tags=set(_ELEMENTS),
        attributes={"a": {"href"}},
        attribute_filter=_only_https,
        link_rel="noopener nofollow ugc",
        url_schemes={"https"},
        url_relative="deny",
    )
    return Markup(cleaned)  # noqa: S704 - cleaned in the line before


def _only_https(_element: str, attribute: str, value: str) -> str | None:
    """`rel` is set by the cleaner itself; it would also let `title` and `lang` through."""
    allowed = attribute == "rel" or (attribute == "href" and value.startswith("https://"))
    return value if allowed else None


def _bold_line(_self: Any, tokens: Any, index: int, *_: Any) -> str:
    return "<p><strong>" if tokens[index].nesting == 1 else "</strong></p>"


def _description(_self: Any, tokens: Any, index: int, *_: Any) -> str:
    return escape(tokens[index].content)


def _renderer() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING})
    markdown.disable(["html_block", "html_inline"])
    for part in ("heading_open", "heading_close"):
        markdown.add_render_rule(part, _bold_line)
    markdown.add_render_rule("image", _description)
    return markdown


_RENDERER: Final = _renderer()
