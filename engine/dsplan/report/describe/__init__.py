"""What `kubectl describe daemonset` prints.

In: a DaemonSet and its pods. Out: the same text. Promises: recorded texts of kubectl are reproduced byte for byte.
"""

from .daemonset import describe_daemonset

__all__ = ["describe_daemonset"]
