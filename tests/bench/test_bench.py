"""The benchmarks measure what they say: the same work on both sides, and nothing when there is no other side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bench import against_node, peer
from bench.badges import Issuer, values_of
from bench.measure import Figure, alternate
from openbadge import strict_json
from tests.conftest import missing, require_tool
from verifier.report import Verdict
from verifier.shapes import Shapes
from verifier.verify import verify


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer.make()


@pytest.fixture(scope="module")
def pairs(issuer: Issuer) -> dict[str, against_node.Pair]:
    question = issuer.question(issuer.published(), None)
    return {pair.name: pair for pair in against_node.pairs(issuer, question)}


@pytest.fixture(scope="module")
def node(issuer: Issuer) -> Iterator[peer.Peer]:
    require_tool("node")
    if not (peer.PACKAGES / "node_modules").is_dir():
        missing("the npm packages are not installed (npm ci in tests/interop/node)")
    with peer.Peer(issuer.for_peer(issuer.published())) as process:
        yield process


def test_the_badges_are_different_valid_and_of_one_shape(issuer: Issuer) -> None:
    shapes = Shapes()
    question = issuer.question(issuer.published(), shapes)
    badges = [issuer.issue(values_of(number)) for number in range(4)]
    assert len(set(badges)) == 4
    assert {verify(data, question).verdict for data in badges} == {Verdict.VALID}
    assert len(shapes) == 1
    assert shapes.find(badges[-1]) is not None


def test_each_side_of_each_pair_does_its_work(pairs: dict[str, against_node.Pair]) -> None:
    for pair in pairs.values():
        pair.ours(pair.prepare(7))


@pytest.mark.parametrize("name", ["verify_known_vs_node", "verify_unknown_vs_node", "report_known_vs_node"])
def test_our_side_refuses_a_tampered_badge(pairs: dict[str, against_node.Pair], name: str) -> None:
    pair = pairs[name]
    data = pair.prepare(8).replace(b"Amara Okafor 8", b"Amara Okafor 9")
    with pytest.raises(Exception, match=r"signature|not valid"):
        pair.ours(data)


@pytest.mark.node
@pytest.mark.parametrize("work", ["issue", "verify", "report", "jwt"])
def test_the_peer_does_its_work(issuer: Issuer, node: peer.Peer, work: str) -> None:
    document = strict_json.loads(issuer.issue(values_of(9)))
    if work in ("issue", "jwt"):
        document.pop("proof")
    assert node.seconds(work, [strict_json.dumps(document).decode()]) > 0


@pytest.mark.node
@pytest.mark.parametrize("work", ["verify", "report"])
def test_the_peer_refuses_a_tampered_badge(issuer: Issuer, node: peer.Peer, work: str) -> None:
    data = issuer.issue(values_of(9)).replace(b"Amara Okafor 9", b"Amara Okafor 8")
    with pytest.raises(peer.PeerError, match="not verified"):
        node.seconds(work, [data.decode()])


def test_without_node_there_are_no_ratios_and_a_note(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(peer.shutil, "which", lambda _name: None)
    assert against_node.run(1) == {}
    assert "Node.js is not installed" in capsys.readouterr().err


def test_without_packages_the_note_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    monkeypatch.setattr(peer.shutil, "which", lambda _name: "/bin/node")
    monkeypatch.setattr(peer, "PACKAGES", tmp_path)
    assert against_node.run(1) == {}
    assert "npm ci" in capsys.readouterr().err


def test_works_take_turns_and_the_first_round_does_not_count() -> None:
    calls: list[str] = []
    rows = alternate([lambda: calls.append("a"), lambda: calls.append("b")], 2)
    assert calls == list("ababab")
    assert [len(row) for row in rows] == [2, 2]


def test_a_figure_says_what_it_aims_at() -> None:
    figure = Figure(1.23456, "times", 5, 100)
    assert figure.to_json() == {"value": 1.2346, "unit": "times", "target": 100, "n": 5}
    assert replace(figure, target=None).to_json()["target"] is None
