"""What the visual builder edits: groups and rules as the page shows them, and back to the tree of the language."""
