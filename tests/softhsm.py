"""An HSM in software: SoftHSM 2 of the Linux distribution, with tokens in a temporary folder.

The library reads its settings from a file that an environment variable names, when it is initialised. So a process has
one folder of tokens, which tests share; keys have ids of their own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MODULES: Final = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/local/lib/softhsm/libsofthsm2.so"),
    Path("/opt/homebrew/lib/softhsm/libsofthsm2.so"),
)
PIN: Final = "4321"
_SO_PIN: Final = "87654321"
LABEL: Final = "microcred test"
SPARE: Final = "microcred spare"
"""A second token, which tests may take out."""


def module() -> Path | None:
    """Return the library, or None where it is not installed."""
    return next((path for path in MODULES if path.exists()), None)


@dataclass(frozen=True)
class SoftHsm:
    """An HSM with two tokens."""

    module: Path
    folder: Path

    @classmethod
    def make(cls, library: Path) -> SoftHsm:
        made = cls(library, Path(tempfile.mkdtemp(prefix="mc-hsm-")))
        (made.folder / "tokens").mkdir()
        (made.folder / "softhsm2.conf").write_text(
            f"directories.tokendir = {made.folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
        )
        os.environ.update(made.environ)
        for label in (LABEL, SPARE):
            command = [
                "softhsm2-util",
                "--init-token",
                "--free",
                "--label",
                label,
                "--pin",
                PIN,
                "--so-pin",
                "87654321",
            ]
            subprocess.run(command, check=True, capture_output=True)
        return made

    @property
    def environ(self) -> dict[str, str]:
        """What a program needs to find the tokens."""
        return {"SOFTHSM2_CONF": str(self.folder / "softhsm2.conf")}

    @property
    def settings(self) -> dict[str, str]:
        """The settings of microcred for the first token."""
        names = {"MODULE": str(self.module), "TOKEN": LABEL, "PIN": PIN}
        return {f"MICROCRED_PKCS11_{name}": value for name, value in names.items()}

    def pull_out(self) -> None:
        """Take all tokens out."""
        (self.folder / "tokens").rename(self.folder / "away")
        (self.folder / "tokens").mkdir()

    def put_in(self) -> None:
        """Bring them back."""
        (self.folder / "tokens").rmdir()
        (self.folder / "away").rename(self.folder / "tokens")

    def remove(self) -> None:
        shutil.rmtree(self.folder)
