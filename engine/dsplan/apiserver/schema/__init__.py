"""The fields that API v1.36 knows of every kind dsplan reads: what is unknown, and what decoding prunes."""
