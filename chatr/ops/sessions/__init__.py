"""Sessions: how one signs in and out, and what shows who one is."""
