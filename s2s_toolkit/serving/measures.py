"""What a service counts, for Prometheus."""

from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

FORMAT = CONTENT_TYPE_LATEST
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Measures:
    """Counts of one service, in a registry of its own.

    Args:
        waiting: The number of texts in the queue.
        in_flight: The number of requests that were accepted and are not answered yet.
    """

    def __init__(self, *, waiting: Callable[[], int], in_flight: Callable[[], int]) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter("s2s_requests", "Requests answered.", ("path", "status"), registry=registry)
        self.texts = Counter("s2s_texts", "Texts translated.", registry=registry)
        self.batches = Histogram("s2s_batch_texts", "Texts of a batch.", buckets=SIZES, registry=registry)
        self.seconds = Histogram(
            "s2s_translate_seconds",
            "From the first byte of a request to translate to the last of its answer.",
            buckets=SECONDS,
            registry=registry,
        )
        Gauge("s2s_requests_in_flight", "Requests accepted and not answered yet.", registry=registry).set_function(
            in_flight
        )
        Gauge("s2s_queue_texts", "Texts that wait.", registry=registry).set_function(waiting)

    def exposition(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)
