"""The operator's command line, one file per command; it needs click and rich, which the functions do not have."""

__version__ = "0.1.0"
