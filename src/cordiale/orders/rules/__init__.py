"""Pure rules: what was told of an order in, its lines out."""
