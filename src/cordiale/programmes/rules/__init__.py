"""What a programme's file says: pure values, read with the place of every word."""
