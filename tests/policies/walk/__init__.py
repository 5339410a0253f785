"""A model checker of what policies let begin: a specification of its own, and every order of events in small worlds.

`town` is a cluster with all that may happen to it, `specification` says what may begin, from the rules alone and with
none of the engine's code, `walker` goes through all orders of events, `seeds` are the stories that it starts from.
"""
