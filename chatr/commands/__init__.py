"""What the ``chatr`` command does."""
