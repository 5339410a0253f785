"""The words that every other package speaks: frozen values, most of them the wire types of what planning reads.

In: fields. Out: values that never change, compare by content, and know how they are written.
Promises: no rule of the controller is here, and nothing is imported but `errors`.
"""
