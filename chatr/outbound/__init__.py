"""Mail and SMS leaving the server: what is said, who carries it, and the queue between."""
