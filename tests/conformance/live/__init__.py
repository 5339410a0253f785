"""What a real control plane did to DaemonSet pods, replayed: `python -m tests.conformance.live [FOLDER...]`.

A recording holds the cluster before a change, what was typed, every event of every pod, and the cluster after it. It
is held against four answers of dsplan: `step` at every moment (what the controller wrote is what a pass decides, and
while it wrote nothing no pass decides anything), `simulate` and `timeline` from the cluster before (how many pods are
made and deleted, in which bursts, how many nodes are down at once, how it ends), and `get` on every dump (status).
"""
