"""WAMP messages and bytes: what comes in is looked at before it is decoded, what goes out is encoded once."""
