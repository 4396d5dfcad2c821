"""What Prometheus reads at /metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from chatr.process.tasks import Pulse, Tasks

LAG_INTERVAL_S = 0.05
LAG_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class Metrics:
    """Counters of this process in a registry of their own."""

    def __init__(self, tasks: Tasks) -> None:
        self._clock = tasks.clock
        self._registry = CollectorRegistry()
        self._answers = Counter(
            "chatr_http_requests", "Answered REST requests", ["operation", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "chatr_http_request_seconds", "Time to answer a REST request", ["operation"], registry=self._registry
        )
        #: Those of each operation and status: finding them by their labels takes longer than counting.
        self._found: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        self._previews = Counter(
            "chatr_preview_fetches",
            "Pages and images looked at for link previews",
            ["outcome"],
            registry=self._registry,
        )
        self._lag = Histogram(
            "chatr_reactor_lag_seconds",
            "How late the reactor was, looked at 20 times a second",
            buckets=LAG_BUCKETS_S,
            registry=self._registry,
        )
        self._registry.register(_Pulses(tasks.pulses))
        self._due = 0.0
        self._task = tasks.every("reactor_lag", LAG_INTERVAL_S, self._look)
        self.stop = self._task.stop

    def start(self) -> None:
        """Watch the reactor's lag."""
        self._due = self._clock.seconds() + LAG_INTERVAL_S
        self._task.start(after_s=LAG_INTERVAL_S)

    def answered(self, operation: str, status: int, seconds: float) -> None:
        """A REST request was answered."""
        found = self._found.get((operation, status))
        if found is None:
            found = self._answers.labels(operation, status), self._seconds.labels(operation)
            self._found[operation, status] = found
        answers, times = found
        answers.inc()
        times.observe(seconds)

    def looked(self, outcome: str) -> None:
        """A page or an image was fetched, or not."""
        self._previews.labels(outcome).inc()

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Publish a number that is read when somebody looks."""
        Gauge(name, text, registry=self._registry).set_function(read)

    def render(self) -> bytes:
        """The exposition format."""
        return generate_latest(self._registry)

    async def _look(self) -> None:
        now = self._clock.seconds()
        self._lag.observe(max(0.0, now - self._due))
        self._due = now + LAG_INTERVAL_S


class _Pulses(Collector):
    """How what must never end fares, read when somebody looks."""

    def __init__(self, pulses: Mapping[str, Pulse]) -> None:
        self._pulses = pulses

    def collect(self) -> Iterable[Metric]:
        """The metrics of all tasks."""
        failures = CounterMetricFamily("chatr_task_failures", "Failures of work that is repeated", labels=["task"])
        ages = GaugeMetricFamily("chatr_task_success_age_seconds", "Time since work last succeeded", labels=["task"])
        for name, pulse in self._pulses.items():
            failures.add_metric([name], pulse.failures)
            ages.add_metric([name], pulse.age_s)
        return (failures, ages)
