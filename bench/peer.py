"""The Node.js peers: one long-lived process that measures the CPU time of its own work."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

SCRIPT: Final = Path(__file__).parent / "peer.mjs"
PACKAGES: Final = Path(__file__).resolve().parent.parent / "tests" / "interop" / "node"
"""Where the npm packages are installed, for the tests as for this: `npm ci` there."""


class PeerError(RuntimeError):
    """The peer is missing, or could not do its work; the sentence says what to do."""


class Peer:
    """The process; `setup` is what `peer.mjs` wants. Use as a context manager."""

    def __init__(self, setup: Mapping[str, Any]) -> None:
        node = shutil.which("node")
        if node is None:
            raise PeerError("Node.js is not installed, so there is nothing to compare with")
        if not (PACKAGES / "node_modules" / "@digitalbazaar" / "vc").is_dir():
            raise PeerError("the npm packages are not installed; run `npm ci` in tests/interop/node")
        # A module that is given as text finds its packages from the working directory, not from its own folder.
        command = [node, "--input-type=module", "--eval", SCRIPT.read_text("utf-8")]
        self._process = subprocess.Popen(
            command, cwd=PACKAGES, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.version = str(self._ask({"setup": dict(setup)})["version"])

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def seconds(self, work: str, items: Sequence[str]) -> float:
        """CPU seconds per item, garbage collector and compiler of the process included."""
        answer = self._ask({"work": work, "items": list(items)})
        return float(answer["cpu"]) / 1e6 / int(answer["count"])

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            stdin.write(json.dumps(request) + "\n")
            stdin.flush()
            line = stdout.readline()
        except OSError as error:
            raise PeerError(f"the Node.js process has ended: {error}") from error
        answer: dict[str, Any] = json.loads(line) if line else {"error": "the Node.js process has ended"}
        if "error" in answer:
            raise PeerError(f"the Node.js process failed: {answer['error']}")
        return answer
