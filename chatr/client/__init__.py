"""A client for programs: stays connected, misses nothing, sends everything once (docs/clients.rst)."""

from chatr.client.client import Client
from chatr.client.errors import Lost, Refused
from chatr.client.replica import Replica
from chatr.client.signin import AccessToken, SignIn
from chatr.client.state import FileState, MemoryState

__all__ = ["AccessToken", "Client", "FileState", "Lost", "MemoryState", "Refused", "Replica", "SignIn"]
