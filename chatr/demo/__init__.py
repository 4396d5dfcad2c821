"""People to try things out as, in development: their accounts, what they have written, a bot that answers."""
