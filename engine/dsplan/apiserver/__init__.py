"""What an API server of v1.36 makes of an object: schema, defaulting, validation, admission.

In: raw JSON-like trees. Out: the object as it is stored, or every reason why it is refused, with the field of each.
Promises: pure and without a cluster; the input is not touched; values of a wrong type are problems, not exceptions.
"""
