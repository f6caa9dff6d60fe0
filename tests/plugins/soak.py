"""A pytest plugin for `make soak`: the Hypothesis profile `soak`, which tries far more cases.

Load it with `-p tests.plugins.soak` and HYPOTHESIS_PROFILE=soak; tests that scale with time ask for MICROCRED_SOAK=1.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("soak", deadline=None, max_examples=5_000, suppress_health_check=[HealthCheck.too_slow])
