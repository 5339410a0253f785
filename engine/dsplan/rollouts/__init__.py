"""Questions about roll-outs that are answered by playing them: timeline, comparison of strategies, stalls.

In: World, `now`, durations. Out: `Timeline`, `Comparison`, `Stall`s. Everything is played by `simulator`; nothing here
moves a pod by itself.
"""
