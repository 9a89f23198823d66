"""Pure values and rules: the plan of pressure, hours, law's parameters, and the words of a decision."""
