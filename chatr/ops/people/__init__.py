"""People as others find them: profiles, friends, presence, and who may see and do what to whom."""
