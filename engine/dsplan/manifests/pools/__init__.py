"""Nodes that do not exist yet: what describes pools of nodes elsewhere (Karpenter, Cluster API, clouds) to Nodes.

In: documents of other tools, as they were read. Out: NodePools as dsplan knows them, and a note on everything that a
description does not tell. Nothing is guessed: a size comes from the document itself, from a catalogue that the user
gives, or from a node of the same instance type that is there.
"""

from .future import Joined, describes_pools, future_nodes

__all__ = ["Joined", "describes_pools", "future_nodes"]
