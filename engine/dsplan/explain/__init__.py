"""Why, and what if."""
