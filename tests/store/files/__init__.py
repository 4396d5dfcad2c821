"""Files and what is known of them."""
