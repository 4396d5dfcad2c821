"""Programs that feed strangers' bytes to what parses them, and hold each input to a bound of time and memory.

``make soak`` runs them; the suite runs a short, always equal part (``test_targets``). A parser that meets strangers'
bytes gets a target in a module of this package and a place in ``targets.TARGETS``.
"""
