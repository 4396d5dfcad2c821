"""What goes on about files behind the calls."""
