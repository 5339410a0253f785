"""In which order and how many at once: a combinatorial problem that knows no Kubernetes.

In: a `Problem`: units in classes, limits, order, steps. Out: a `Schedule`: waves, run-length coded, and a lower
bound. `components` takes it apart; each part is planned by flow (`exact`), by search or greedily; `naming` turns
counts into nodes.
Promises: no wave breaks a limit, and no schedule has fewer waves than the bound.
"""
