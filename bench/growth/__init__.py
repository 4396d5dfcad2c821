"""What grows: how much slower chatr becomes with messages, members, conversations and time. Chatr alone."""
