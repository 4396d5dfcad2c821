"""Writes the generated references: ``python -m chatr.reference_cli docs/api``."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chatr.api.contract import Contract
from chatr.api.reference import openapi, typescript, wamp
from chatr.ops.catalog import CONTRACT
from chatr.ops.groups import rules
from chatr.store.messages.messages import ALL_UP_TO


def references(contract: Contract) -> dict[str, bytes]:
    """File name -> content."""
    return {
        "openapi.json": openapi.render(contract),
        "wamp.json": wamp.render_json(contract),
        "wamp.md": wamp.render_markdown(contract),
        "chatr.d.ts": typescript.render(contract),
        "group-rules.json": group_rules(rules.VERDICTS),
    }


def group_rules(verdicts: Mapping[tuple[str, ...], rules.Verdict]) -> bytes:
    """Who may do what in a group, for clients that offer no more: by act and role, and by act, role and whom.

    ``allUpTo``: members up to which everybody calls all; in a larger group owners and admins do.
    """
    tables: dict[str, Any] = {"onGroup": {}, "onPeople": {}, "allUpTo": ALL_UP_TO}
    for (act, role, *whom), verdict in verdicts.items():
        if whom:
            tables["onPeople"].setdefault(act, {}).setdefault(role, {})[whom[0]] = verdict
        else:
            tables["onGroup"].setdefault(act, {})[role] = verdict
    return json.dumps(tables, indent=2).encode() + b"\n"


def main(directory: Path) -> None:
    """Write all references into a directory."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in references(CONTRACT).items():
        (directory / name).write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
