"""How suites use hypothesis: with the same examples in every run, so that a part that passes goes on passing."""

from hypothesis import HealthCheck, settings

REPEATABLE = settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors, HealthCheck.too_slow],
)
"""A suite's fixtures hold nothing that an example could change, and its tests are those of several classes."""
