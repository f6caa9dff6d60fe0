from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import nquads
from tests.vectors import code_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(
    TEXT, st.sampled_from([(nquads.XSD_STRING, None), ("http://x.example/d", None), (nquads.RDF_LANG_STRING, "en-gb")])
)
def test_a_literal_of_any_text_is_written_and_read_back(text, kind):
    datatype, language = kind
    literal = nquads.literal(text, datatype, language)
    quad = ("_:a", "<http://x.example/p>", literal, "")
    row = nquads.line(quad)
    assert row.count("\n") == 1
    assert nquads.parse(row) == [quad]
    theirs = next(iter(ox.parse(row.encode(), format=ox.RdfFormat.N_QUADS)))
    assert theirs.object.value == text


def test_escapes_are_those_of_the_canonical_form():
    text = "".join(map(chr, (*range(0x21), 0x22, 0x5C, 0x7F, 0x80, 0xA0, 0x2028, 0x1F600)))
    assert nquads.escape(text) == (
        "\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000B\\f\\r\\u000E\\u000F"
        "\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001A\\u001B\\u001C\\u001D\\u001E\\u001F"
        ' \\"\\\\\\u007F\x80\xa0\u2028\U0001f600'
    )


def test_other_spellings_are_read_into_the_canonical_one():
    text = '# note\n\n<http://x.example/\\u00e9>\t<http://x.example/p> "\\U0001F600\\u0041\\\'" _:g . # end\r\n'
    assert nquads.parse(text) == [("<http://x.example/é>", "<http://x.example/p>", '"\U0001f600A\'"', "_:g")]
    typed = '_:a <http://x.example/p> "x"^^<http://www.w3.org/2001/XMLSchema#string>.'
    assert nquads.parse(typed)[0][2] == '"x"'


def test_equal_statements_are_written_once_and_in_code_point_order():
    rows = [
        ("_:b", "<urn:p>", '"\U0001f600"', ""),
        ("_:b", "<urn:p>", '"\uffff"', ""),
        ("_:b", "<urn:p>", '"\uffff"', ""),
    ]
    assert nquads.serialize(rows) == '_:b <urn:p> "\uffff" .\n_:b <urn:p> "\U0001f600" .\n'


@pytest.mark.parametrize(
    "row",
    [
        "_:a <urn:p> .",
        '_:a <urn:p> "x"',
        '_:a <urn:p> "x" . _:b <urn:p> "y" .',
        '"x" <urn:p> "y" .',
        "_:a _:p _:b .",
        '_:a <urn:p> "x"@ .',
        '_:a <urn:p> "x\\q" .',
        '_:a <urn:p> "\\uD800" .',
        '_:a <urn:p> "\\U00110000" .',
        '_:a <urn:p> "x"^^<urn:\\u0020> .',
        '<urn:\\u003E\\u000A> <urn:p> "x" .',
        '_:a <urn:\\u003E> "x" .',
        "_:a <urn:p> _:b <urn:g> <urn:h> .",
        "_:a <urn:p q> _:b .",
        "_: <urn:p> _:b .",
    ],
)
def test_what_is_no_statement_is_refused(row):
    assert code_of(nquads.parse, f"_:a <urn:p> _:b .\n{row}\n") == "PARSING_ERROR"


@given(st.text(max_size=60), st.text('_:ab<>"\\u0@^. \nurnp', max_size=60))
def test_random_text_raises_nothing_but_our_own_error(anything, pieces):
    code_of(nquads.parse, anything)
    if code_of(nquads.parse, pieces) == "accepted":
        again = nquads.serialize(nquads.parse(pieces))
        assert nquads.serialize(nquads.parse(again)) == again
