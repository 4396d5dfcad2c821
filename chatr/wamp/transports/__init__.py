"""What carries WAMP: WebSocket and RawSocket, each with a bounded queue of what it has to send."""
