"""Cost and speed, compared with the limits that AWS sets. Not part of the tests."""
