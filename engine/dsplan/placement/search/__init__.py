"""The best placement there is: components of coupled decisions, each searched, with bound and causes.

In: candidates per node, relations between them. Out: who is placed, a bound, conflicts with minimal causes.
Promises: always an answer within the steps allowed, never called best without the bound.
"""
