"""The scheduler's filters for one pod on one node (K1-K21): demand against load, with every reason why it does not fit."""
