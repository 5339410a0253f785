"""The plan document: a whole plan as data, versioned, small, and independent of the engine.

In: bytes, or entries that `report` makes from a Plan. Out: `PlanDocument`, and the same bytes for the same plan.
Promises: never a row for each node and DaemonSet; a minor version adds, a major one breaks; `verify` needs nothing
else.
"""
