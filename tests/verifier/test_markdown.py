"""Text that somebody else wrote in Markdown: readable, harmless, bounded."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.web.markdown import MAX_BRACKETS, MAX_LENGTH, render


def test_markdown_is_rendered() -> None:
    html = render("# Title\n\nPass **all** of:\n\n1. one\n2. [two](https://a.example/?a=1&b=2)\n\n> quoted `code`")
    assert "<p><strong>Title</strong></p>" in html
    assert "<strong>all</strong>" in html
    assert '<a href="https://a.example/?a=1&amp;b=2" rel="noopener nofollow ugc">two</a>' in html
    assert "<blockquote>" in html
    assert "<h1" not in html


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:msgbox)",
        "[x](//evil.example)",
        "[x](/relative)",
        "[x](http://plain.example)",
        "![x](https://tracker.example/pixel.png)",
        "![x](data:text/html,hi)",
        "<svg/onload=alert(1)>",
        "<a href='https://a.example' onclick=alert(1)>x</a>",
        "<javascript:alert(1)>",
        "[x][1]\n\n[1]: javascript:alert(1)",
        '[x](https://a.example "onmouseover=alert(1)")',
        "<!-- --><script>alert(1)</script>",
        "<style>*{display:none}</style>",
        "<https://a.example/%22onmouseover=alert(1)>",
    ],
)
def test_hostile_markdown_is_harmless(attack: str) -> None:
    html = render(attack)
    assert not re.search(r"<(script|img|svg|style|iframe)", html)
    assert all(
        re.fullmatch(r'<a( href="https://[^"]*")? rel="noopener nofollow ugc">', tag)
        for tag in re.findall("<a[^>]*>", html)
    )
    assert set(re.findall(r"<([a-z0-9]+)", html)) <= {"p", "a", "strong", "em", "code"}


@pytest.mark.parametrize(
    "bomb", ["[" * 10_000, ">" * 10_000, "*a" * 10_000, "- " * 10_000, "![[" * 5_000, "a" * 50_000]
)
def test_markdown_that_would_be_costly_is_shown_plain(bomb: str) -> None:
    html = render(bomb)
    assert not re.search("<(a|em|strong)>", html)
    assert len(html) < 10 * MAX_LENGTH


@given(st.text(alphabet="ab[]()!*_`<>#-&\n :/.\"'", max_size=400))
def test_no_markdown_makes_other_elements(text: str) -> None:
    html = render(text)
    allowed = {"a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "strong", "ul"}
    assert set(re.findall(r"<([a-z0-9]+)", html)) <= allowed


def test_the_limit_of_brackets_counts_all_of_them() -> None:
    assert "<em>" in render("*a* " * (MAX_BRACKETS // 2))
    assert "<em>" not in render("*a* " * (MAX_BRACKETS // 2 + 1))
