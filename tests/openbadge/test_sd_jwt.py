"""SD-JWT: the example of RFC 9901, what one issues and presents, and rows SD-001 to SD-008 of the bad inputs."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbadge import strict_json
from openbadge.errors import PROBLEMS
from openbadge.jose import disclosures, jws, sd_jwt
from openbadge.jose.disclosures import Disclosure, Path, conceal, parse_path, reveal
from openbadge.jose.sd_jwt import KeyBinding, SdJwt
from openbadge.multikey import PublicKey
from tests.openbadge.jose_keys import counting, outcome, part, public, refused, signer
from tests.openbadge.suite_inputs import ED25519, P256

INSECURE = "CRYPTOGRAPHIC_SECURITY_ERROR"
HEADER = {"typ": "vc+sd-jwt"}
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
NONE: frozenset[str] = frozenset()
RFC_9901_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ",
    "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8",
}
RFC_9901_5_2 = (
    "eyJhbGciOiAiRVMyNTYiLCAidHlwIjogImV4YW1wbGUrc2Qtand0In0.eyJfc2QiOiBbIkNyUWU3UzVrcUJBSHQtbk1ZWGdjNmJkdDJTSDVhVFkxc1"
    "VfTS1QZ2tqUEkiLCAiSnpZakg0c3ZsaUgwUjNQeUVNZmVadTZKdDY5dTVxZWhabzdGN0VQWWxTRSIsICJQb3JGYnBLdVZ1Nnh5bUphZ3ZrRnNGWEFi"
    "Um9jMkpHbEFVQTJCQTRvN2NJIiwgIlRHZjRvTGJnd2Q1SlFhSHlLVlFaVTlVZEdFMHc1cnREc3JaemZVYW9tTG8iLCAiWFFfM2tQS3QxWHlYN0tBTm"
    "txVlI2eVoyVmE1TnJQSXZQWWJ5TXZSS0JNTSIsICJYekZyendzY002R242Q0pEYzZ2Vks4QmtNbmZHOHZPU0tmcFBJWmRBZmRFIiwgImdiT3NJNEVk"
    "cTJ4Mkt3LXc1d1BFemFrb2I5aFYxY1JEMEFUTjNvUUw5Sk0iLCAianN1OXlWdWx3UVFsaEZsTV8zSmx6TWFTRnpnbGhRRzBEcGZheVF3TFVLNCJdLC"
    "AiaXNzIjogImh0dHBzOi8vaXNzdWVyLmV4YW1wbGUuY29tIiwgImlhdCI6IDE2ODMwMDAwMDAsICJleHAiOiAxODgzMDAwMDAwLCAic3ViIjogInVz"
    "ZXJfNDIiLCAibmF0aW9uYWxpdGllcyI6IFt7Ii4uLiI6ICJwRm5kamtaX1ZDem15VGE2VWpsWm8zZGgta284YUlLUWM5RGxHemhhVllvIn0sIHsiLi"
    "4uIjogIjdDZjZKa1B1ZHJ5M2xjYndIZ2VaOGtoQXYxVTFPU2xlclAwVmtCSnJXWjAifV0sICJfc2RfYWxnIjogInNoYS0yNTYiLCAiY25mIjogeyJq"
    "d2siOiB7Imt0eSI6ICJFQyIsICJjcnYiOiAiUC0yNTYiLCAieCI6ICJUQ0FFUjE5WnZ1M09IRjRqNFc0dmZTVm9ISVAxSUxpbERsczd2Q2VHZW1jIi"
    "wgInkiOiAiWnhqaVdXYlpNUUdIVldLVlE0aGJTSWlyc1ZmdWVjQ0U2dDRqVDlGMkhaUSJ9fX0.MczwjBFGtzf-6WMT-hIvYbkb11NrV1WMO-jTijpM"
    "PNbswNzZ87wY2uHz-CXo6R04b7jYrpj9mNRAvVssXou1iw~WyJlbHVWNU9nM2dTTklJOEVZbnN4QV9BIiwgImZhbWlseV9uYW1lIiwgIkRvZSJd~Wy"
    "JBSngtMDk1VlBycFR0TjRRTU9xUk9BIiwgImFkZHJlc3MiLCB7InN0cmVldF9hZGRyZXNzIjogIjEyMyBNYWluIFN0IiwgImxvY2FsaXR5IjogIkFu"
    "eXRvd24iLCAicmVnaW9uIjogIkFueXN0YXRlIiwgImNvdW50cnkiOiAiVVMifV0~WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbW"
    "UiLCAiSm9obiJd~WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIlVTIl0~eyJhbGciOiAiRVMyNTYiLCAidHlwIjogImtiK2p3dCJ9.eyJub25jZS"
    "I6ICIxMjM0NTY3ODkwIiwgImF1ZCI6ICJodHRwczovL3ZlcmlmaWVyLmV4YW1wbGUub3JnIiwgImlhdCI6IDE3NDg1MzcyNDQsICJzZF9oYXNoIjog"
    "IjBfQWYtMkItRWhMV1g1eWRoX3cyeHp3bU82aU02NkJfMlFDRWFuSTRmVVkifQ.T3SIus2OidNl41nmVkTZVCKKhOAX97aOldMyHFiYjHm261eLiJ1Y"
    "iuONFiMN8QlCmYzDlBLAdPvrXh52KaLgUQ"
)
CLAIMS: dict[str, Any] = {
    "iss": "https://issuer.example",
    "type": ["VerifiableCredential"],
    "validUntil": "2030-01-01T00:00:00Z",
    "credentialSubject": {
        "id": "did:example:1",
        "address": {"street": "Main", "city": "Town"},
        "phones": ["1", {"n": "2"}],
    },
    "cnf": {"jwk": {name: ED25519[name] for name in ("kty", "crv", "x")}},
}
PATHS = [
    parse_path(text)
    for text in (
        "credentialSubject.address",
        "credentialSubject.address.street",
        "credentialSubject.phones[0]",
        "credentialSubject.phones[1].n",
    )
]
BINDING = KeyBinding("https://verifier.example", "n-1", NOW)
HOLDER = signer(ED25519, "")


def issued(paths: list[Path] | None = None) -> str:
    return sd_jwt.issue(HEADER, CLAIMS, PATHS if paths is None else paths, signer(P256), counting())


def signed(payload: Any, *texts: str) -> str:
    """Return an SD-JWT over any payload: what a careless or hostile issuer could sign."""
    return "~".join([jws.sign(HEADER, strict_json.dumps(payload), signer(P256)), *texts, ""])


def verified(text: str, shown: frozenset[str] = sd_jwt.ALWAYS_SHOWN, binding: KeyBinding | None = None) -> Any:
    return sd_jwt.verify(sd_jwt.parse(text), public(P256), shown=shown, binding=binding).value


def disclosure(*parts: Any) -> Disclosure:
    return Disclosure(part(list(parts)), parts[1] if len(parts) == 3 else None, parts[-1])


def digest(*parts: Any) -> str:
    return disclosure(*parts).digest("sha-256")


def test_the_example_of_rfc_9901_section_5_2() -> None:
    parsed = sd_jwt.parse(RFC_9901_5_2)
    asked = KeyBinding("https://verifier.example.org", "1234567890", datetime.fromtimestamp(1748537244, UTC))
    revealed = sd_jwt.verify(parsed, PublicKey.from_jwk(RFC_9901_KEY), shown=NONE, binding=asked)
    assert revealed.value["nationalities"] == ["US"]
    assert revealed.value["address"]["locality"] == "Anytown"
    assert (revealed.value["given_name"], revealed.value["family_name"]) == ("John", "Doe")
    assert not {"_sd", "_sd_alg"} & revealed.value.keys()
    refused(INSECURE, lambda: sd_jwt.verify(parsed, PublicKey.from_jwk(RFC_9901_KEY)))  # hides parts at the top


def test_everything_disclosed_is_what_was_issued() -> None:
    text = issued()
    assert verified(text) == CLAIMS
    assert text.count("~") == 5
    assert not any(word in text.partition("~")[0] for word in (part("Main"), "Main"))


def test_nothing_disclosed_hides_all_of_it() -> None:
    subject = verified(issued().partition("~")[0] + "~")["credentialSubject"]
    assert subject == {"id": "did:example:1", "phones": [{}]}


def test_a_presentation_discloses_what_was_asked_and_what_it_is_inside_of() -> None:
    text = sd_jwt.present(issued(), [parse_path("credentialSubject.address.street")])
    subject = verified(text)["credentialSubject"]
    assert subject == {"id": "did:example:1", "address": {"street": "Main", "city": "Town"}, "phones": [{}]}
    assert sd_jwt.present(issued(), []) == issued().partition("~")[0] + "~"
    refused("MALFORMED_VALUE_ERROR", lambda: sd_jwt.present(issued(), [("credentialSubject", "id")]))


def test_recursive_disclosures_need_their_parent() -> None:
    texts = issued().split("~")
    parent = next(text for text in texts[1:-1] if disclosures.read(text).name == "address")
    refused(INSECURE, lambda: verified("~".join(text for text in texts if text != parent)))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a", ("a",)),
        ("a.b", ("a", "b")),
        ("a[0].b[12]", ("a", 0, "b", 12)),
        ("a[0][1]", ("a", 0, 1)),
        ("@context", ("@context",)),
    ],
)
def test_paths(text: str, path: Path) -> None:
    assert parse_path(text) == path


@pytest.mark.parametrize(
    "text", ["", ".", "a.", ".a", "a..b", "[0]", "a[", "a[]", "a[-1]", "a[01]", "a[1]b", "a]", "a" * 501]
)
def test_texts_that_are_no_path(text: str) -> None:
    refused("MALFORMED_VALUE_ERROR", lambda: parse_path(text))


@pytest.mark.parametrize("text", ["missing", "iss.x", "credentialSubject[0]", "credentialSubject.phones[2]", "a.b.c"])
def test_paths_with_nothing_at_them(text: str) -> None:
    refused("MALFORMED_VALUE_ERROR", lambda: conceal(CLAIMS, [parse_path(text)], counting()))


@pytest.mark.parametrize("name", ["_sd", "...", "_sd_alg"])
def test_an_issuer_may_not_use_reserved_names(name: str) -> None:
    refused("MALFORMED_VALUE_ERROR", lambda: conceal({"a": [{name: "x"}]}, [("a",)], counting()))


def test_issuing_leaves_the_document_alone() -> None:
    before = copy.deepcopy(CLAIMS)
    issued()
    assert before == CLAIMS


def test_a_missing_hash_name_means_sha_256() -> None:
    found = disclosure("s", "a", 1)
    assert verified(signed({"sub": {"_sd": [digest("s", "a", 1)]}}, found.text)) == {"sub": {"a": 1}}


def test_decoy_digests_are_left_out() -> None:
    payload = {"sub": {"_sd": [digest("decoy", "x", 1)], "list": [{"...": digest("decoy", 2)}, 3]}}
    assert verified(signed(payload)) == {"sub": {"list": [3]}}


@pytest.mark.parametrize("name", ["sha-384", "sha-512"])
def test_stronger_hash_functions(name: str) -> None:
    found = disclosure("s", "a", 1)
    assert verified(signed({"_sd_alg": name, "s": {"_sd": [found.digest(name)]}}, found.text)) == {"s": {"a": 1}}


def test_sd_001_a_disclosure_without_a_digest() -> None:
    refused(INSECURE, lambda: verified(issued() + f"{disclosure('s', 'salary', 1).text}~"))


def test_sd_001_a_disclosure_twice() -> None:
    text = issued()
    refused(INSECURE, lambda: verified(f"{text}{text.split('~')[1]}~"))


@pytest.mark.parametrize("name", ["_sd", "...", "_sd_alg", "iss", "validUntil"])
def test_sd_003_names_that_a_disclosure_may_not_have(name: str) -> None:
    payload = {**CLAIMS, "_sd": [digest("s", name, "evil")]}
    refused(INSECURE, lambda: verified(signed(payload, disclosure("s", name, "evil").text), NONE))


@pytest.mark.parametrize("value", ["md5", "sha-1", "sha-224", "SHA-256", "sha256", "", 256, None, ["sha-256"]])
def test_sd_005_hash_functions_that_are_not_accepted(value: Any) -> None:
    refused(INSECURE, lambda: verified(signed({**CLAIMS, "_sd_alg": value})))


def test_sd_006_a_missing_key_binding() -> None:
    refused(INSECURE, lambda: verified(issued(), binding=BINDING))


@pytest.mark.parametrize(
    "name", ["iss", "exp", "nbf", "issuer", "validUntil", "credentialStatus", "type", "@context", "cnf", "validFrom"]
)
def test_sd_008_members_that_must_always_be_shown(name: str) -> None:
    found = disclosure("s", name, "x")
    payload = {"_sd": [found.digest("sha-256")]}
    assert verified(signed(payload, found.text), NONE) == {name: "x"}
    refused(INSECURE, lambda: verified(signed(payload, found.text)))
    refused(INSECURE, lambda: verified(signed(payload)))  # withheld: nobody can know what it was
    inside = disclosure("s", "id", "x")
    refused(INSECURE, lambda: verified(signed({name: {"_sd": [inside.digest("sha-256")]}}, inside.text)))
    refused(INSECURE, lambda: verified(signed({name: [{"...": digest("s", 1)}]})))
    refused(
        "MALFORMED_VALUE_ERROR",
        lambda: sd_jwt.issue(HEADER, {name: "x"}, [(name,)], signer(P256), counting()),
    )


@pytest.mark.parametrize(
    "payload",
    [
        {"a": {"_sd": "text"}},
        {"a": {"_sd": [5]}},
        {"a": {"_sd": {}}},
        {"a": {"_sd": [digest("s", "x", 1)] * 2}},
        {"a": {"_sd": [digest("s", "x", 1)]}, "b": {"_sd": [digest("s", "x", 1)]}},
        {"a": [{"...": 5}]},
        {"a": [{"...": digest("s", 1), "b": 1}]},
        {"...": digest("s", 1)},
        {"a": {"...": digest("s", 1)}},
        {"a": {"_sd_alg": "sha-256"}},
    ],
)
def test_digests_of_bad_form(payload: dict[str, Any]) -> None:
    refused(INSECURE, lambda: verified(signed(payload)))


def test_the_two_kinds_of_disclosure_are_not_exchanged() -> None:
    member, element = disclosure("s", "x", 1), disclosure("s", 1)
    refused(INSECURE, lambda: verified(signed({"a": {"_sd": [digest("s", 1)]}}, element.text)))
    refused(INSECURE, lambda: verified(signed({"a": [{"...": digest("s", "x", 1)}]}, member.text)))


@pytest.mark.parametrize("value", [[], ["s"], ["s", 5, 1], [5, "a", 1], ["s", "a", 1, 2], {"s": 1}, "text", 5])
def test_texts_that_are_no_disclosure(value: Any) -> None:
    refused("PARSING_ERROR", lambda: sd_jwt.parse(signed(CLAIMS, part(value))))


@pytest.mark.parametrize("text", ["", "not base64!", "YQ=="])
def test_disclosures_that_cannot_be_read(text: str) -> None:
    refused("PARSING_ERROR", lambda: sd_jwt.parse(signed(CLAIMS, text)))


def test_an_sd_jwt_without_its_separator() -> None:
    refused("PARSING_ERROR", lambda: sd_jwt.parse(signed(CLAIMS).rstrip("~")))


def test_too_many_and_too_deep_disclosures() -> None:
    refused("LIMIT_EXCEEDED", lambda: sd_jwt.parse(signed(CLAIMS, *["YQ"] * (disclosures.MAX_DISCLOSURES + 1))))
    refused("LIMIT_EXCEEDED", lambda: sd_jwt.parse("a" * (jws.MAX_CHARS + 1)))
    many = [disclosure(str(index), str(index), 1) for index in range(disclosures.MAX_DISCLOSURES + 1)]
    refused("LIMIT_EXCEEDED", lambda: reveal({}, many))
    chain = [disclosure("s", "a", 1)]
    for _ in range(30):
        chain.append(disclosure("s", "a", {"_sd": [chain[-1].digest("sha-256")]}))
    payload = {"_sd": [chain[-1].digest("sha-256")]}
    refused("LIMIT_EXCEEDED", lambda: verified(signed(payload, *(item.text for item in chain)), NONE))


def bound(binding: KeyBinding = BINDING, text: str | None = None) -> str:
    return sd_jwt.bind(issued() if text is None else text, HOLDER, binding)


def test_a_bound_presentation() -> None:
    assert verified(bound(), binding=BINDING) == CLAIMS
    assert verified(bound()) == CLAIMS


@pytest.mark.parametrize(
    ("binding", "code"),
    [
        (KeyBinding("https://other.example", "n-1", NOW), "INVALID_DOMAIN_ERROR"),
        (KeyBinding("https://verifier.example", "n-2", NOW), "INVALID_CHALLENGE_ERROR"),
        (KeyBinding("https://verifier.example", "n-1", NOW + timedelta(minutes=6)), INSECURE),
        (KeyBinding("https://verifier.example", "n-1", NOW - timedelta(minutes=6)), INSECURE),
    ],
)
def test_a_presentation_for_someone_else_or_another_time(binding: KeyBinding, code: str) -> None:
    refused(code, lambda: verified(bound(binding), binding=BINDING))


def test_a_disclosure_removed_after_binding() -> None:
    texts = bound().split("~")
    refused(INSECURE, lambda: verified("~".join([texts[0], *texts[2:]])))


def rebound(header: dict[str, Any], claims: dict[str, Any], key: Any = None) -> str:
    return issued() + jws.sign(header, strict_json.dumps(claims), key or HOLDER)


def test_key_bindings_of_bad_form() -> None:
    good = strict_json.loads(_binding_of(sd_jwt.parse(bound())).payload)
    typ = {"typ": "kb+jwt"}
    assert verified(rebound(typ, good), binding=BINDING) == CLAIMS
    refused(INSECURE, lambda: verified(rebound({"typ": "JWT"}, good)))
    refused(INSECURE, lambda: verified(rebound(typ, good, signer(P256))))
    refused(INSECURE, lambda: verified(rebound(typ, {**good, "sd_hash": "x"})))
    for made in ("now", None, 1.5, True):
        refused("MALFORMED_VALUE_ERROR" if made == 1.5 else INSECURE, lambda: _stale(typ, {**good, "iat": made}))  # noqa: B023


def _stale(typ: dict[str, Any], claims: dict[str, Any]) -> Any:
    return verified(rebound(typ, claims), binding=BINDING)


def _binding_of(parsed: SdJwt) -> jws.Jws:
    assert parsed.key_binding is not None
    return parsed.key_binding


@pytest.mark.parametrize("cnf", [None, {}, {"jwk": "x"}, "x", {"kid": "x"}])
def test_a_credential_that_names_no_holder(cnf: Any) -> None:
    text = signed({**CLAIMS, "cnf": cnf})
    refused(INSECURE, lambda: verified(sd_jwt.bind(text, HOLDER, BINDING)))


_JSON = st.recursive(
    st.booleans()
    | st.integers(-1000, 1000)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c", "id"]), inner, max_size=3)
    ),
    max_leaves=10,
)


def places(value: Any, path: Path = ()) -> list[Path]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for step, item in inside for found in ((*path, step), *places(item, (*path, step)))]


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), _JSON, max_size=3), st.data())
def test_whatever_is_concealed_comes_back(value: dict[str, Any], data: st.DataObject) -> None:
    every = places(value)
    chosen = data.draw(st.lists(st.sampled_from(every), unique=True)) if every else []
    payload, made = conceal(value, chosen, counting())
    revealed = reveal(payload, data.draw(st.permutations(made)))
    assert revealed.value == value
    assert set(revealed.disclosed) == set(chosen)
    assert revealed.hidden == ()


@given(st.text(alphabet="~.abcWyJ0_-", max_size=60))
def test_any_text_gets_an_answer(text: str) -> None:
    assert outcome(lambda: sd_jwt.parse(text)) in ("", *PROBLEMS)
