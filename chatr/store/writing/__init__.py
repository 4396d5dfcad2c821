"""What is written to conversations, each in its lane."""
