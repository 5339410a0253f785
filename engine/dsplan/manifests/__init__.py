"""Trees to the World: decoding, dsplan's own kinds, manifests laid over a cluster, snapshots.

In: objects as trees with their places. Out: a `World`, or `InputError` with every problem and its place.
Promises: decoding checks shape only (`validate` is separate), templates are kept whole, and the order of the input
plays no part.
"""
