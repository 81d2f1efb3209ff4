"""Whose counters they are, where several processes answer on one port."""

from multiprocessing import get_context

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.parser import text_string_to_metric_families

from shared.web.app import exposition, process_name


def measured() -> CollectorRegistry:
    registry = CollectorRegistry()
    Counter("loaves", "Loaves baked.", ["kind"], registry=registry).labels("rye").inc(3)
    Histogram("oven_seconds", "Time in the oven.", registry=registry).observe(2)
    return registry


def labels(text: bytes) -> list[dict[str, str]]:
    return [sample.labels for family in text_string_to_metric_families(text.decode()) for sample in family.samples]


def test_every_measure_of_one_of_several_processes_says_whose_it_is() -> None:
    registry = measured()
    found = labels(exposition(registry, "42"))
    assert {"kind": "rye", "process": "42"} in found
    assert {"le": "2.5", "process": "42"} in found
    assert {one["process"] for one in found} == {"42"}
    assert exposition(registry, "42") == exposition(registry, "42")


def test_a_process_that_is_alone_needs_no_name() -> None:
    assert not [one for one in labels(exposition(measured(), None)) if "process" in one]
    assert process_name() is None


def test_processes_that_were_started_side_by_side_have_names_of_their_own() -> None:
    with get_context("spawn").Pool(1) as pool:
        assert (pool.apply(process_name) or "").isdigit()
