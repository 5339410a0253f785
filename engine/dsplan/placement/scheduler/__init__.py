"""What the real scheduler will do: its queue, its filters, preemption (P1-P4), as a prediction.

In: pods that wait, loads of nodes. Out: for each pod where it goes, whom it evicts, or what is short.
Promises: nodes that no queue can tell apart are settled once.
"""
