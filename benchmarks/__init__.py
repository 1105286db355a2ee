"""Cost and speed against what AWS allows, never part of the tests."""
