"""Thirty days of a small made-up company on the local AWS: told day by day, summed up in a table, and checked."""
