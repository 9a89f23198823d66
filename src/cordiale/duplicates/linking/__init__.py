"""Finding pairs that may be one person: Splink on DuckDB over the whole base, or over what is new in it."""
