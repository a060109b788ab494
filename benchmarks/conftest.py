"""Hands copycost's measuring hooks and fixtures to pytest."""

from copycost.measure.plugin import (  # noqa: F401
    cell,
    pytest_addoption,
    pytest_benchmark_generate_commit_info,
    pytest_benchmark_generate_json,
    pytest_benchmark_generate_machine_info,
    pytest_benchmark_update_json,
    pytest_configure,
    pytest_generate_tests,
    pytest_runtest_logreport,
    pytest_runtest_protocol,
    pytest_runtestloop,
    pytest_sessionfinish,
    visit,
    worker,
)
