"""The life of a process: work again and again, in turn, in threads; what goes wrong; and its end."""
