"""How records are written for comparison, what a pair has in common, and what may follow from it. Pure."""
