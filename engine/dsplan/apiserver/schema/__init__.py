"""The fields that API v1.36 knows of every kind dsplan reads, as data.

In: nothing. Out: which fields a struct has, of which shape, and which of them decoding prunes.
Promises: one declaration, from which decoding, defaulting and validation all work.
"""
