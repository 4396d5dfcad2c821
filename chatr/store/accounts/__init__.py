"""Accounts, and codes that are sent to them."""
