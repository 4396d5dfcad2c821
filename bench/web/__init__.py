"""The web client in Chromium: how long one waits for it, and what it holds."""
