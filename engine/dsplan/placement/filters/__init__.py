"""The scheduler's filters for one pod on one node (K1-K21): demand against load: every reason why it does not fit.

In: pods, templates, nodes. Out: demands, loads, failures. Nothing here orders pods or evicts.
"""
