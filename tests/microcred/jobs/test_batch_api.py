"""Batches over HTTP and on the command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest

from issuer import auth
from issuer.jobs import rows
from issuer.jobs.workshop import Workshop
from issuer.web import batches as routes
from microcred.samples import Sample
from microcred.world import World
from tests.microcred.conftest import Clock, Console
from tests.microcred.jobs.conftest import Bench, ndjson, report
from tests.verifier.web_client import Client

NOTHING: Mapping[str, str] = MappingProxyType({})
JSON = {"Content-Type": "application/json"}
NDJSON = {"Content-Type": "application/x-ndjson"}
LATER = {"Prefer": "respond-async"}


@dataclass
class Api:
    client: Client
    token: str

    def request(
        self, method: str, path: str = "", headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        allowed = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        return self.client.request(method, f"/completions/batches{path}", headers=allowed, **more)

    def hand_in(self, reports: list[Any], **headers: str) -> httpx.Response:
        return self.request("POST", "", {**JSON, **headers}, content=json.dumps(reports))


@pytest.fixture
def api(client: Client, sample: Sample) -> Api:
    return Api(client, sample.token)


def test_a_small_batch_is_answered_with_its_results(api: Api) -> None:
    answer = api.hand_in([report("a"), report("b", definition={"id": "nobody-knows-it"})])
    assert answer.status_code == 200
    body = answer.json()
    assert [(line["row"], line["outcome"]) for line in body["results"]] == [(1, "issued"), (2, "failed")]
    assert (body["batch"]["state"], body["batch"]["rows"], body["batch"]["done"]) == ("done", 2, 2)
    assert api.client.get(body["results"][0]["credential"] + ".json").status_code == 200


def test_a_small_batch_needs_no_job(api: Api, bench: Bench) -> None:
    api.hand_in([report("a")])
    assert bench.count("job_outbox") == 0


def test_a_batch_of_several_parts_is_left_to_a_job(
    api: Api, bench: Bench, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "ROWS_PER_PART", 2)
    answer = api.hand_in([report("a"), report("b"), report("c")])
    assert (answer.status_code, answer.json()["batch"]["state"]) == (202, "running")
    assert answer.headers["location"] == answer.json()["batch"]["url"]
    assert bench.count("job_outbox") == 1
    batch_id = answer.json()["batch"]["id"]
    shop.batch_work.work_here(shop.batches.page()[0].id)
    shown = api.request("GET", f"/{batch_id}").json()["batch"]
    assert (shown["state"], shown["issued"], shown["done"]) == ("done", 3, 3)


def test_whoever_prefers_it_is_answered_at_once(api: Api, shop: Workshop) -> None:
    answer = api.request("POST", "", {**NDJSON, **LATER}, content=ndjson([report("a")]))
    assert (answer.status_code, answer.json()["batch"]["state"], answer.json()["batch"]["rows"]) == (
        202,
        "received",
        None,
    )
    shop.batch_work.work_here(shop.batches.page()[0].id)
    results = answer.json()["batch"]["results"]
    lines = api.request("GET", results["ndjson"].rpartition("batches")[2]).text.splitlines()
    assert [json.loads(line)["outcome"] for line in lines] == ["issued"]
    file = api.request("GET", results["csv"].rpartition("batches")[2])
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in file.headers["content-disposition"]
    assert file.content.decode("utf-8-sig").splitlines()[1].startswith("1,a,issued,")


def test_a_key_makes_a_second_request_harmless(api: Api) -> None:
    key = {"Idempotency-Key": "spring"}
    first, second = api.hand_in([report("a")], **key), api.hand_in([report("a")], **key)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert api.hand_in([report("b")], **key).status_code == 409


def test_a_dry_run_issues_nothing(api: Api, bench: Bench) -> None:
    answer = api.request("POST", "?dryRun=true", JSON, content=json.dumps([report("a")]))
    assert answer.json()["results"][0]["outcome"] == "issued"
    assert answer.json()["batch"]["dryRun"] is True
    assert bench.count("credential") == 0


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (JSON, b"{}", 400),
        (JSON, b'[{"a":1},', 400),
        ({"Content-Type": "text/plain"}, b"[]", 422),
        ({}, b"[]", 422),
        ({**JSON, "Content-Encoding": "gzip"}, b"[]", 415),
        ({**JSON, "Idempotency-Key": "k" * 300}, b"[]", 422),
    ],
)
@pytest.mark.databases("sqlite")
def test_what_is_no_batch_is_refused(api: Api, headers: dict[str, str], body: bytes, status: int) -> None:
    answer = api.request("POST", "", headers, content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.databases("sqlite")
def test_a_body_that_is_too_long_is_refused(api: Api, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "MAX_BODY_BYTES", 100)
    assert api.hand_in([report("a")]).status_code == 413
    assert bench.count("batch") == 0


def test_batches_are_listed_steered_and_not_found(api: Api, clock: Clock) -> None:
    ids = []
    for name in "abc":
        clock.forward(seconds=1)
        answer = api.request("POST", "", {**NDJSON, **LATER}, content=ndjson([report(name)]))
        ids.append(answer.json()["batch"]["id"])
    page = api.request("GET", "?limit=2").json()["batches"]
    assert [item["id"] for item in page] == [ids[2], ids[1]]
    rest = api.request("GET", f"?before={ids[1]}").json()["batches"]
    assert [item["id"] for item in rest] == [ids[0]]
    assert api.request("POST", f"/{ids[0]}/pause").json()["batch"]["state"] == "paused"
    assert api.request("POST", f"/{ids[0]}/pause").status_code == 409
    assert api.request("POST", f"/{ids[0]}/resume").json()["batch"]["state"] == "received"
    assert api.request("POST", f"/{ids[0]}/cancellation").json()["batch"]["state"] == "cancelled"
    unknown = "00000000-0000-7000-8000-000000000000"
    assert api.request("GET", f"/{unknown}").status_code == 404
    assert api.request("GET", f"/{ids[0]}/result.xls").status_code == 422
    assert api.request("GET", "/nonsense").status_code == 422


@pytest.mark.databases("sqlite")
def test_each_route_asks_for_its_right(api: Api, sample: Sample) -> None:
    service = sample.service
    with service.database.begin_write(service.institution.id) as tx:
        reader = auth.create(tx, "reader", ["completions:read"], "registrar", service.clock()).secret
        nobody = auth.create(tx, "nobody", ["audit:read"], "registrar", service.clock()).secret
    batch = api.hand_in([report("a")]).json()["batch"]["id"]
    reads = [("GET", ""), ("GET", f"/{batch}"), ("GET", f"/{batch}/result.csv")]
    writes = [("POST", ""), *(("POST", f"/{batch}/{turn}") for turn in ("pause", "resume", "cancellation"))]
    for method, path in [*reads, *writes]:
        assert Api(api.client, nobody).request(method, path, JSON, content=b"[]").status_code == 403
        assert Api(api.client, "mc_nonsense").request(method, path, JSON, content=b"[]").status_code == 401
    for method, path in writes:
        assert Api(api.client, reader).request(method, path, JSON, content=b"[]").status_code == 403
    for method, path in reads:
        assert Api(api.client, reader).request(method, path).status_code == 200


def said(console: Console, *argv: str, stdin: bytes = b"") -> Any:
    assert console(*argv, stdin=stdin) == 0, console.err.getvalue()
    return json.loads(console.out.getvalue())


def test_a_file_is_handed_in_worked_on_and_its_result_written(console: Console, world: World, tmp_path: Path) -> None:
    file = tmp_path / "spring.json"
    file.write_text(json.dumps([report("a"), report("b", definition={"id": "nobody-knows-it"})]))
    assert console("completions", "batch", str(file), "--here", "--by", "registrar") == 1  # a row failed
    assert "done: 2 of 2 rows: 1 issued, 0 known, 0 held, 1 failed" in console.out.getvalue()
    (batch,) = said(console, "batches", "list", "--json")
    assert console("batches", "list") == 0
    assert said(console, "batches", "show", batch["id"])["state"] == "done"
    assert console("batches", "result", batch["id"]) == 0
    path = Path(world.environ["MICROCRED_HOME"]) / "batches" / f"{batch['id']}.csv"
    assert console.out.getvalue().strip() == str(path)
    with path.open(encoding="utf-8-sig", newline="") as lines:
        assert [line["outcome"] for line in csv.DictReader(lines)] == ["issued", "failed"]
    assert console("batches", "result", batch["id"], "--format", "ndjson", "--out", str(tmp_path / "r")) == 0
    assert len((tmp_path / "r").read_text().splitlines()) == 2


def test_a_batch_is_left_to_workers_and_steered(console: Console) -> None:
    body = ndjson([report("a")])
    assert console("completions", "batch", "-", "--key", "spring", stdin=body) == 0
    assert "Nobody works on jobs now" in console.out.getvalue()
    assert console("completions", "batch", "-", "--key", "spring", stdin=body) == 0
    assert "was handed in before" in console.out.getvalue()
    (batch,) = said(console, "batches", "list", "--json")
    for action, state in (("pause", "paused"), ("resume", "received"), ("cancel", "cancelled")):
        assert console("batches", action, batch["id"]) == 0
        assert state in console.out.getvalue()
    assert console("batches", "pause", batch["id"]) == 1
    assert console("batches", "show", batch["id"], "--watch") == 0


@pytest.mark.databases("sqlite")
def test_a_dry_run_on_the_command_line(console: Console, bench: Bench) -> None:
    assert console("completions", "batch", "-", "--dry-run", "--here", stdin=ndjson([report("a")])) == 0
    assert "1 issued" in console.out.getvalue()
    assert bench.count("credential") == 0


@pytest.mark.databases("sqlite")
def test_files_that_cannot_be_read(console: Console, tmp_path: Path) -> None:
    assert console("completions", "batch", str(tmp_path / "none.json")) == 1
    (tmp_path / "list.doc").write_text("")
    assert console("completions", "batch", str(tmp_path / "list.doc")) == 1
    (tmp_path / "broken.json").write_text("{")
    assert console("completions", "batch", str(tmp_path / "broken.json"), "--here") == 1
    assert "not a JSON array" in console.out.getvalue()
