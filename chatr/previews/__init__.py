"""What links lead to: pages and images of the public internet, fetched within strict bounds."""
