"""What an API server v1.36 makes of an object: schema, defaulting, validation, admission.

In: raw JSON-like trees. Out: the object as it is stored, or every reason why it is refused. Pure; needs no cluster.
"""
