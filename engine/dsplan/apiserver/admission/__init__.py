"""Admission: what an API server v1.36 makes of a new Pod on top of defaults, and which Pods it does not create."""

from .admit import admit_pod, admit_template
from .outcome import AdmissionContext, Admitted, Refusal
from .quotas import Quotas

__all__ = ["AdmissionContext", "Admitted", "Quotas", "Refusal", "admit_pod", "admit_template"]
