"""A WAMP router (basic profile) as a library: it imports nothing of chatr but its timers, and is told all else."""
