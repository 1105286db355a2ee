"""The benchmarks run; nothing here depends on how fast they are."""
