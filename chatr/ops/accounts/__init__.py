"""Accounts: how they begin, how one signs in and out, what proves who one is."""
