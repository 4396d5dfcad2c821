"""Mail and SMS leaving the server."""
