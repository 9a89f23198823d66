"""The pages of traits."""
