"""The pages of the life cycle."""
