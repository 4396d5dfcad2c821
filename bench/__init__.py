"""Speed and memory of chatr beside the yardstick peer, in one run."""
