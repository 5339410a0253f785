"""Questions about roll-outs that are answered by simulating them: timeline, comparison of strategies, stalls.

In: World, `now`, durations. Out: `Timeline`, `Comparison`, `Stall`s.
Promises: time passes in `simulator` alone, and nothing here moves a pod by itself.
"""
