"""Writes the generated references: ``python -m chatr.reference_cli docs/api``."""

from __future__ import annotations

import sys
from pathlib import Path

from chatr.api.contract import Contract
from chatr.api.reference import openapi, typescript, wamp
from chatr.ops.catalog import CONTRACT


def references(contract: Contract) -> dict[str, bytes]:
    """File name -> content."""
    return {
        "openapi.json": openapi.render(contract),
        "wamp.json": wamp.render_json(contract),
        "wamp.md": wamp.render_markdown(contract),
        "chatr.d.ts": typescript.render(contract),
    }


def main(directory: Path) -> None:
    """Write all references into a directory."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in references(CONTRACT).items():
        (directory / name).write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
