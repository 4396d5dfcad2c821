"""What the API is: operations, events, errors and structs, declared once. Imports nothing else of chatr."""
