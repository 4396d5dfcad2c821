"""Accounts, sessions, and what secrets prove."""
