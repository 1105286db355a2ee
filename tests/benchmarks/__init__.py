"""The benchmarks run: what they measure is not asserted on."""
