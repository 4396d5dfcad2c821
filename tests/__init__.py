"""The tests. How long a busy machine takes for its examples is no matter of theirs."""

from hypothesis import HealthCheck, settings

settings.register_profile("chatr", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("chatr")
