"""How Hypothesis runs under mutation: the same every time, and briefly, as each example is repeated for each mutant."""

from hypothesis import Phase, settings

settings.register_profile(
    "mutants",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=20,
    phases=(Phase.explicit, Phase.generate),
    report_multiple_bugs=False,
)
