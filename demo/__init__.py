"""A made-up practice with a story: a family balance, a declined card, a plan, a dispute, a credit."""
