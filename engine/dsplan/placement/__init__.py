"""Eligible is not placed: will the pods fit, whom do they evict, what cannot be (K1-K21, P1-P4).

Data flow: pods, templates -> demands; nodes + pods -> loads; demand x load -> failures of the scheduler's filters;
queue of demands x loads -> prediction; wants + relations -> components -> search -> the best set, conflicts.
"""
