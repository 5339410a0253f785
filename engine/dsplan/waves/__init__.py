"""In which order and how many at once."""
