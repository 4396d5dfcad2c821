"""What makes the realm ``chatr`` of a WAMP router: operations as its procedures, events as its publications."""
