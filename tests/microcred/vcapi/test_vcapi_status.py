"""Status entries of issued credentials, their lists, and POST /credentials/status."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from openbadge import status
from tests.microcred.vcapi.conftest import BASE_URL, V2, Document, VcApi

WITH_STATUS = ["status", "status-384", "status-sd"]
ACCEPT = {"Accept": "application/ld+json, application/json"}
STATUS_V1 = "https://www.w3.org/ns/credentials/status/v1"


def update(api: VcApi, credential_id: Any, value: Any = True, **entry: Any) -> httpx.Response:
    wanted = {"type": "BitstringStatusListEntry", "statusPurpose": "revocation", **entry}
    body = {"credentialId": credential_id, "credentialStatus": wanted, "status": value}
    return api.post("/credentials/status", body)


def issued(api: VcApi, profile: str, name: str, **changes: Any) -> Document:
    """A credential with an id of its own."""
    return api.issued(profile, api.credential(profile, id=f"urn:example:{profile}:{name}", **changes))


def listed(api: VcApi, entry: Document) -> Document:
    answer = api.client.get(entry["statusListCredential"], headers=ACCEPT)
    assert answer.status_code == 200
    assert "json" in answer.headers["content-type"]
    return dict(answer.json())


def bit(api: VcApi, entry: Document) -> int:
    text = listed(api, entry)["credentialSubject"]["encodedList"]
    return status.get(status.decode_list(text), int(entry["statusListIndex"]))


@pytest.mark.parametrize("profile", WITH_STATUS)
def test_an_entry_is_added_without_being_asked_for(api: VcApi, profile: str) -> None:
    entry = api.issued(profile)["credentialStatus"]
    assert entry["type"] == "BitstringStatusListEntry"
    assert entry["statusPurpose"] == "revocation"
    assert str(int(entry["statusListIndex"])) == entry["statusListIndex"]
    assert entry["statusListCredential"].startswith(f"{BASE_URL}/status/")
    assert entry["id"] not in (entry["statusListCredential"], "")
    assert "statusSize" not in entry


@pytest.mark.parametrize("profile", WITH_STATUS)
def test_the_list_is_a_credential_of_the_same_issuer_that_verifies(api: VcApi, profile: str) -> None:
    found = listed(api, api.issued(profile)["credentialStatus"])
    assert found["@context"] == [V2]
    assert "BitstringStatusListCredential" in found["type"]
    assert found["issuer"] == api.ids[profile]
    subject = found["credentialSubject"]
    assert (subject["type"], subject["statusPurpose"]) == ("BitstringStatusList", "revocation")
    assert subject["encodedList"].startswith("u")
    assert len(status.decode_list(subject["encodedList"])) == 131_072 // 8
    assert api.verify(found).status_code == 200


def test_other_profiles_add_none(api: VcApi) -> None:
    assert "credentialStatus" not in api.issued("rdfc")


def test_lists_of_profiles_and_of_the_institution_are_not_mixed(api: VcApi) -> None:
    urls = {api.issued(profile)["credentialStatus"]["statusListCredential"] for profile in WITH_STATUS}
    assert len(urls) == len(WITH_STATUS)
    first, second = (api.issued("status")["credentialStatus"] for _ in range(2))
    assert first["statusListCredential"] == second["statusListCredential"]
    assert first["statusListIndex"] != second["statusListIndex"]


def test_an_entry_of_the_caller_stays_beside_ours(api: VcApi) -> None:
    given = {"type": "SomeStatus", "id": "urn:status:1"}
    entries = api.issued("status", api.credential("status", credentialStatus=given))["credentialStatus"]
    assert entries[0] == given
    assert entries[1]["type"] == "BitstringStatusListEntry"


def test_an_entry_in_a_1_1_credential_brings_its_vocabulary(api: VcApi) -> None:
    secured = api.issued("status", api.credential_1_1("status"))
    assert secured["@context"][-1] == STATUS_V1
    assert api.verify(secured).json()["problemDetails"] == []


@pytest.mark.parametrize("profile", ["status", "status-384"])
def test_revoking_sets_the_bit_and_verifiers_see_it(api: VcApi, profile: str) -> None:
    secured = issued(api, profile, "revoked")
    entry = secured["credentialStatus"]
    assert bit(api, entry) == 0
    assert api.verify(secured).json()["problemDetails"] == []
    assert update(api, secured["id"]).status_code == 200
    assert bit(api, entry) == 1
    answer = api.verify(secured)
    assert [problem["type"].rpartition("#")[2] for problem in answer.json()["problemDetails"]] == ["REVOKED"]
    assert update(api, secured["id"]).status_code == 200  # again changes nothing
    assert bit(api, entry) == 1


def test_a_revocation_cannot_be_taken_back(api: VcApi) -> None:
    secured = issued(api, "status", "for-ever")
    assert update(api, secured["id"], value=False).status_code == 200  # it is not revoked, and stays so
    assert bit(api, secured["credentialStatus"]) == 0
    assert update(api, secured["id"]).status_code == 200
    assert update(api, secured["id"], value=False).status_code == 409
    assert bit(api, secured["credentialStatus"]) == 1


def test_one_id_for_several_credentials_needs_the_entry(api: VcApi) -> None:
    first, second = (issued(api, "status", "twice") for _ in range(2))
    assert update(api, first["id"]).status_code == 400
    entry = {name: first["credentialStatus"][name] for name in ("statusListCredential", "statusListIndex")}
    assert update(api, first["id"], **entry).status_code == 200
    assert (bit(api, first["credentialStatus"]), bit(api, second["credentialStatus"])) == (1, 0)


def test_a_credential_without_id_is_known_by_the_callers_name_or_by_its_entry(api: VcApi) -> None:
    sent = api.credential("status", id=...)
    named = api.issued("status", sent, credentialId="our-number-7")
    assert "id" not in named
    assert update(api, "our-number-7", type="BitstringStatusList").status_code == 200
    unnamed = api.issued("status", sent)
    assert update(api, unnamed["credentialStatus"]["id"]).status_code == 200


@pytest.mark.parametrize(
    ("credential_id", "entry"),
    [
        ("urn:example:nobody", {}),
        ("urn:example:status:known", {"statusPurpose": "suspension"}),
        ("urn:example:status:known", {"statusListIndex": "-1"}),
        ("urn:example:status:known", {"statusListCredential": "https://elsewhere.example/1"}),
    ],
)
def test_what_was_not_issued_here_is_a_404(api: VcApi, credential_id: str, entry: dict[str, str]) -> None:
    issued(api, "status", "known")
    assert update(api, credential_id, **entry).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"credentialId": "a"},
        {"credentialId": "a", "credentialStatus": "x", "status": True},
        {"credentialId": "a", "credentialStatus": {"type": "Other", "statusPurpose": "revocation"}, "status": True},
        {"credentialId": "a", "credentialStatus": {"type": "BitstringStatusListEntry"}, "status": True},
        {"credentialId": 4, "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "a"},
         "status": True},
        {"credentialId": "a", "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": 4},
         "status": True},
        {"credentialId": "a", "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"},
         "status": "true"},
    ],
)  # fmt: skip
def test_requests_that_cannot_be_understood(api: VcApi, body: dict[str, Any]) -> None:
    answer = api.post("/credentials/status", body)
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("#MALFORMED_VALUE_ERROR")


def test_the_index_allocator_of_vcalm_is_tolerated(api: VcApi) -> None:
    secured = issued(api, "status", "allocator")
    body = {
        "credentialId": secured["id"],
        "indexAllocator": "urn:allocator:1",
        "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"},
        "status": True,
    }
    assert api.post("/credentials/status", body).status_code == 200


def test_the_term_status_entry_is_refused(api: VcApi) -> None:
    entry = {"type": "BitstringStatusListEntry", "statusEntry": "x"}
    sent = api.credential("status", **{"@context": [V2], "credentialSubject": {"id": "did:example:s"}})
    assert api.issue("status", {**sent, "credentialStatus": entry}).status_code == 400


def test_a_refused_credential_takes_no_place_in_a_list(api: VcApi) -> None:
    def taken() -> int:
        with api.service.database.begin_read() as tx:
            return int(tx.connection.exec_driver_sql("SELECT sum(taken) FROM status_list").scalar_one())

    api.issued("status")
    before = taken()
    assert api.issue("status", api.credential("status", type=[])).status_code == 400
    assert taken() == before


def test_a_derived_credential_with_its_entry_can_be_checked(api: VcApi) -> None:
    secured = issued(api, "status-sd", "shown")
    shown = api.derive(secured, ["/issuer", "/credentialSubject"]).json()  # the entry comes along unasked
    assert api.verify(shown).json()["problemDetails"] == []
    update(api, secured["id"])
    assert "REVOKED" in api.verify(shown).text
