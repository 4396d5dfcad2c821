"""Sends, from when they are made until they are acknowledged."""
