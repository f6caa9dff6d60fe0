"""The main job, shown: approved definition, completion, signed credential, check by anybody."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from issuer.deliver.files import baked_png, baked_svg
from issuer.deliver.page import credential_face
from issuer.errors import IntegrityError, SettingsError
from issuer.inbox import Answer
from issuer.model import IssuedCredential, StatusState
from issuer.settings import IssuerSettings
from microcred import samples
from microcred.app import checker
from microcred.samples import Sample
from microcred.world import World
from openbadge import did, strict_json, timestamps
from openbadge.vocabulary import MEDIA_DID, MEDIA_VC
from verifier.report import Report, Verdict

SAMPLE_URL: Final = "https://badges.northbridge.example"
"""The address that a credential of `demo --once` carries: nothing is ever served there."""
LMS: Final = "moodle:https://lms.northbridge.example"
COMPLETED_AT: Final = "2026-11-20T16:20:00Z"

AMARA: Final[Mapping[str, Any]] = {
    "source": LMS,
    "sourceId": "course_completions:4711",
    "definition": {"id": "testing-data-products"},
    "learner": {"id": "N1042", "name": "Amara Okafor", "email": "amara.okafor@students.northbridge.example"},
    "completedAt": COMPLETED_AT,
    "result": [{"resultDescription": "grade", "value": "87"}],
    "evidence": [{"id": "https://portfolio.northbridge.example/okafor/test-report", "name": "Test plan and report"}],
}
BRAM: Final[Mapping[str, Any]] = {
    "source": LMS,
    "sourceId": "course_completions:4712",
    "definition": {"id": "data-ethics-foundations"},
    "learner": {"id": "N2077", "name": "Bram de Vries"},
    "completedAt": COMPLETED_AT,
    "result": [{"resultDescription": "grade", "value": "64"}],
}
CHIARA: Final[Mapping[str, Any]] = {
    "source": LMS,
    "sourceId": "course_completions:4713",
    "definition": {"id": "coaching-clinical-teams"},
    "learner": {"id": "N3120", "name": "Chiara Rossi"},
    "completedAt": COMPLETED_AT,
}


class Show:
    """Runs the main job in a home and says what happens, step by step."""

    def __init__(self, settings: IssuerSettings, world: World, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._world = world
        self._say = say
        self._links: list[tuple[str, str]] = []
        self._sample: Sample | None = None

    def run(self, port: int) -> Sample:
        """Prepare the home, issue, check, revoke and hold; say each step. Returns the sample for the server.

        `port` is the one that the server is going to listen on.
        """
        self._say("1. Preparing the sample institution (a few seconds the first time) …")
        sample = samples.prepare(self._settings, self._world, port)
        self._sample = sample
        self._say(f"   {sample.service.institution.name} signs as {sample.service.institution.did}.")
        approved = sample.approved()
        self._say(f"2. {len(approved)} definition versions, written by {samples.AUTHOR},")
        self._say(f"   are approved by {samples.APPROVER}.")
        self._issued(sample)
        self._revoked(sample)
        self._held(sample)
        self._links.append(("Verify a badge", sample.service.addresses.verify_page()))
        return sample

    def links(self) -> None:
        """Say where to look, now that the server answers, and how to report a completion."""
        sample = self._sample
        if sample is None:
            raise RuntimeError("the links are known after the demo has run")
        width = max(len(name) for name, _ in self._links)
        self._say("\nmicrocred is running. Open:")
        for name, url in self._links:
            self._say(f"   {name.ljust(width)}  {url}")
        self._say("\nReport a completion yourself (change sourceId and the learner):")
        report = {**CHIARA, "sourceId": "my-first", "definition": {"id": "digital-content-public-services"}}
        self._say(f"   curl -X POST {sample.service.addresses.base_url}/completions \\")
        self._say(f"     -H 'Authorization: Bearer {sample.token}' \\")
        self._say(f"     -H 'Content-Type: application/json' -d '{json.dumps(report)}'")
        self._say("\nCtrl-C stops the service; the data stays.")

    def _issued(self, sample: Sample) -> None:
        self._say("3. The LMS reports that Amara Okafor completed “Testing Data Products” …")
        answer = report(sample, AMARA)
        credential = _credential(answer)
        again = "signed" if answer.created else "had been signed before; the same report gives the same answer"
        self._say(f"   Her credential is {again}.")
        verdict = checker(self._world, sample.service).verify(credential.document)
        self._say(f"4. An employer checks it: {verdict.headline}")
        self._link("Amara’s credential", sample, credential)

    def _revoked(self, sample: Sample) -> None:
        credential = _credential(report(sample, BRAM))
        reason = "Issued for an exam that was graded by mistake."
        sample.service.decisions.decide(
            [credential.public_id], StatusState.REVOKED, reason, samples.AUTHOR, at_once=True
        )
        verdict = checker(self._world, sample.service).verify(credential.document)
        self._say(f"5. Bram de Vries’ credential is revoked; the same check now says: {verdict.headline}")
        self._link("Bram’s, revoked", sample, credential)

    def _held(self, sample: Sample) -> None:
        answer = report(sample, CHIARA)
        reason = answer.completion.reason or answer.completion.state
        self._say(f"6. Chiara Rossi’s completion waits and is not lost: {reason}")

    def _link(self, name: str, sample: Sample, credential: IssuedCredential) -> None:
        url = sample.service.addresses.credential(credential.public_id)
        self._links.append((name, url))
        checked = f"{sample.service.addresses.verify_page()}?url={quote(url + '.json', safe='')}"
        self._links.append(("   check it", checked))


def report(sample: Sample, content: Mapping[str, Any]) -> Answer:
    """Report one completion to a sample institution."""
    return sample.service.completions.report(json.dumps(dict(content)).encode(), "sample LMS")


def write_once(folder: Path, world: World) -> Report:
    """Do the main job in a home that is thrown away, and write what it gives to `folder`; return the report.

    Raises `SettingsError` when the folder cannot be written, `IntegrityError` when the credential is not valid.
    """
    with tempfile.TemporaryDirectory(prefix="microcred-demo-") as home:
        environ = {"MICROCRED_HOME": home, "MICROCRED_BASE_URL": SAMPLE_URL}
        settings = IssuerSettings.read(environ)
        sample = samples.prepare(settings, World(environ, world.clock, world.random_bytes), with_platforms=False)
        credential = _credential(report(sample, AMARA))
        checked = checker(world, sample.service).verify(credential.document)
        files = _files(sample, credential, checked)
        sample.installation.database.close()
    if checked.verdict is not Verdict.VALID:
        raise IntegrityError(f"The credential that was just issued is not valid: {checked.headline}")
    _write(folder, files, world.clock())
    return checked


def _credential(answer: Answer) -> IssuedCredential:
    if answer.credential is None:
        raise IntegrityError(f"The sample completion was not issued: {answer.completion.reason}")
    return answer.credential


def _files(sample: Sample, credential: IssuedCredential, checked: Report) -> dict[str, bytes]:
    """Return the files of `demo --once` by their name below the folder."""
    service = sample.service
    document = json.loads(credential.document)
    shown = credential_face(document)
    key_document = strict_json.dumps(service.signing.did_document())
    status_list = service.status_lists.current(credential.status_list_id)
    material = {
        did.did_web_url(service.institution.did): {"file": "did.json", "mediaType": MEDIA_DID},
        document["credentialStatus"]["statusListCredential"]: {"file": "status-list.json", "mediaType": MEDIA_VC},
    }
    return {
        "credential.json": credential.document,
        "credential.jwt": service.token(credential.public_id).encode(),
        "credential.png": baked_png(shown, credential.document),
        "credential.svg": baked_svg(shown, credential.document),
        "did.json": key_document,
        "status-list.json": status_list,
        "report.json": json.dumps(checked.to_json(), indent=2, ensure_ascii=False).encode() + b"\n",
        "material/did.json": key_document,
        "material/status-list.json": status_list,
        "material/index.json": json.dumps(material, indent=2).encode() + b"\n",
    }


def _write(folder: Path, files: Mapping[str, bytes], now: datetime) -> None:
    try:
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    except OSError as error:
        raise SettingsError(
            f"{folder} cannot be written ({error.strerror}) at {timestamps.write(now)}. Choose another --out."
        ) from None
