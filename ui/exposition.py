"""What a home has counted, as Prometheus reads it: once, or behind an address of one's own."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from serving import counters
from serving.counters import Series
from ui.options import Refused


class _Home(Collector):
    """The counts of a home, read anew at every scrape: other processes write them."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def collect(self) -> Iterator[Metric]:
        kept = counters.read(self._home)
        for metric in counters.METRICS:
            found = {
                labels: series
                for labels, series in kept.get(metric.name, {}).items()
                if len(labels) == len(metric.labels)  # not those of another version
            }
            yield _histogram(metric, found) if metric.buckets else _counter(metric, found)


def text(home: Path) -> bytes:
    """Gives all metrics in Prometheus' text format. Raises Refused."""
    try:
        return bytes(generate_latest(_registry(home)))
    except OSError as error:
        raise Refused(
            f"{home / counters.NAME}: cannot be read ({error.strerror}); check its permissions"
        ) from None


def serve(home: Path, address: str) -> None:
    """Answers Prometheus at ``HOST:PORT`` until it is interrupted. Raises Refused."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise Refused(f"--serve {address}: not an address; write 127.0.0.1:9464")
    try:
        server, _ = start_http_server(int(port), host.strip("[]"), _registry(home))
    except OSError as error:
        raise Refused(f"--serve {address}: {error.strerror or error}; name another") from None
    print(f"Metrics are at http://{host}:{server.server_port}/metrics", flush=True)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    server.shutdown()
    server.server_close()


def _registry(home: Path) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Home(home))
    return registry


def _counter(metric: counters.Metric, found: dict[tuple[str, ...], Series]) -> Metric:
    family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
    if not metric.labels:
        found = {(): Series(), **found}  # known to be nothing, where it is
    for labels, series in sorted(found.items()):
        family.add_metric(labels, series.sum)
    return family


def _histogram(metric: counters.Metric, found: dict[tuple[str, ...], Series]) -> Metric:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, series in sorted(found.items()):
        buckets = [
            (str(bound), sum(count for upper, count in series.seen.items() if upper <= bound))
            for bound in metric.buckets
        ]
        buckets.append(("+Inf", sum(series.seen.values())))
        family.add_metric(labels, buckets, series.sum)
    return family
