"""What `kubectl describe daemonset` prints."""

from .daemonset import describe_daemonset

__all__ = ["describe_daemonset"]
