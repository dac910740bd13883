"""The verb `audit`: what a trained model's saved scores really say."""

from labelwise.auditing.result import Audit, Finding
from labelwise.auditing.verb import audit, audit_case, case_of

__all__ = ["Audit", "Finding", "audit", "audit_case", "case_of"]
