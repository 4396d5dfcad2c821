"""HTTP itself: connections, bytes, requests, and what every answer carries."""
