"""Run the conformance suites of `s2s_toolkit.testing` on a plugin's parts, outside of any test of its own."""
