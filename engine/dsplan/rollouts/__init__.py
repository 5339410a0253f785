"""Questions about roll-outs that are answered by simulating them: timeline, comparison of strategies, stalls.

In: World, `now`, durations. Out: `Timeline`, `Comparison`, `Stall`s. Time passes in `simulator` alone; nothing here
moves a pod by itself.
"""
