"""Accounts: how they begin and end, and what they are reached by."""
