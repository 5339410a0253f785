"""For the tests of hosts and of dsplan itself: builders, strategies, a cluster with faults.

Data flow: builders and strategies -> World -> a fake cluster that obeys and misbehaves -> events -> a host's loop.
"""

from .builders import NOW, a_daemonset, a_node, a_pod, a_revision

__all__ = ["NOW", "a_daemonset", "a_node", "a_pod", "a_revision"]
