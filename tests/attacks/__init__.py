"""What an attacker tries who has one address, one account and one stolen access token."""
