"""One conversation partner with xconn. Prints a JSON line per step; the environment says where and who."""

from __future__ import annotations

import json
import os
import queue
import sys
from typing import Any

from wampproto import auth, serializers
from xconn.client import Client
from xconn.exception import ApplicationError


def say(step: str, data: Any) -> None:
    print(json.dumps({"step": step, "data": data}), flush=True)


def main() -> None:
    made = {
        "json": serializers.JSONSerializer,
        "msgpack": serializers.MsgPackSerializer,
        "cbor": serializers.CBORSerializer,
    }[os.environ["SERIALIZER"]]()
    client = Client(auth.TicketAuthenticator(os.environ["ME"], os.environ["TICKET"]), made)
    session = client.connect(os.environ["URL"], "chatr")
    details = session._base_session if hasattr(session, "_base_session") else session.base_session
    say("welcome", {"authid": details.authid, "authrole": details.authrole})
    heard: queue.Queue[dict[str, Any]] = queue.Queue()
    session.subscribe("chatr.message.received", lambda event: heard.put(event.kwargs))
    content = {"recipientId": os.environ["OTHER"], "content": "from js", "clientId": os.environ["CLIENT_ID"]}
    say("sent", session.call("chatr.message.send", kwargs=content).kwargs)
    say("received", heard.get(timeout=20))
    try:
        session.call("chatr.message.send", kwargs={**content, "content": ""})
    except ApplicationError as error:
        say("error", {"uri": error.message, "kwargs": error.kwargs})
    session.leave()
    say("closed", {})


if __name__ == "__main__":
    main()
    # xconn's reader thread is no daemon on every version.
    sys.stdout.flush()
    os._exit(0)
