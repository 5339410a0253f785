"""In which order and how many at once.

`forecast` has the waves of a DaemonSet's own updateStrategy, as the real controller goes. `schedule` has the fewest
waves under limits that Kubernetes cannot state: it takes a `Problem` apart (`components`), plans every part by flow
(`exact`), by search or greedily, and always returns the bound (`bound`). `naming` turns counts per class into nodes.
"""
