"""Chatr beside the yardstick's peers: what is measured, how, and the table of it."""
