"""Admission: what an API server of v1.36 makes of a new Pod on top of defaults, and which Pods it does not create.

In: a Pod's tree and the cluster-wide objects that decide about it. Out: the Pod as it is stored, or a `Refusal`.
Promises: what was recorded from a real server (D9, D10, D12, P1, X9, X13).
"""

from .admit import admit_pod, admit_template
from .outcome import AdmissionContext, Admitted, Refusal
from .quotas import Quotas

__all__ = ["AdmissionContext", "Admitted", "Quotas", "Refusal", "admit_pod", "admit_template"]
