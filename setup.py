"""Packaging that declarative metadata can't express: the twistd plugin, the SQL folder as ``chatr.sql``, the client."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import ClassVar

from setuptools import Command, find_packages, setup
from setuptools.command.build import build
from setuptools.errors import ExecError

SQL = ["chatr.sql", "chatr.sql.functions", "chatr.sql.migrations"]
ROOT = Path(__file__).parent
NEEDS = "needs Node 20.19 or newer with npm; the server works without it"


class BuildWeb(Command):
    """Build the web client to chatr/static. CHATR_WEB: auto (where it can be), require (or fail), skip (leave it)."""

    description = "build the web client (CHATR_WEB=auto|require|skip)"
    user_options: ClassVar = []

    def initialize_options(self) -> None:
        self.build_lib = None

    def finalize_options(self) -> None:
        self.set_undefined_options("build_py", ("build_lib", "build_lib"))

    def run(self) -> None:
        # What an earlier build has left there has other names, and would go into the wheel beside the new files.
        shutil.rmtree(Path(self.build_lib) / "chatr" / "static", ignore_errors=True)
        mode = os.environ.get("CHATR_WEB") or "auto"
        if mode not in ("auto", "require", "skip"):
            raise ExecError(f"CHATR_WEB is auto, require or skip, not {mode}")
        if mode == "skip" or not (ROOT / "web" / "package.json").is_file():
            return
        try:
            self._build()
        except (OSError, subprocess.CalledProcessError) as error:
            if mode == "require":
                raise ExecError(f"the web client was not built ({error}): it {NEEDS}") from error
            self.warn(f"the web client is not built ({error}): it {NEEDS}")

    def _build(self) -> None:
        npm = shutil.which("npm")
        if npm is None:
            raise FileNotFoundError("npm is not there")
        web = ROOT / "web"
        lock, installed = web / "package-lock.json", web / "node_modules" / ".package-lock.json"
        if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
            subprocess.run([npm, "ci", "--silent"], cwd=web, check=True)
        subprocess.run([npm, "run", "--silent", "build"], cwd=web, check=True)


class Build(build):
    """Has the client built first: a build_py of our own would have its errors swallowed by editable installs."""

    sub_commands: ClassVar = [("build_web", None), *build.sub_commands]


setup(
    # twisted.plugins has no __init__.py: it is found by scanning sys.path, also in an editable install.
    packages=[*find_packages(include=["chatr", "chatr.*"]), *SQL, "twisted.plugins"],
    package_dir={"": "."},
    # chatr/sql is a link to sql/: the files are the same in a checkout, an editable install and a wheel.
    package_data={"chatr": ["py.typed", "static/**"], **{package: ["*.sql"] for package in SQL}},
    cmdclass={"build": Build, "build_web": BuildWeb},
)
