"""The verb `audit`: what a trained model's saved scores really say."""

from labelwise.auditing.result import Audit, Finding, audit_schema
from labelwise.auditing.shards import audit_files
from labelwise.auditing.state import AuditState, audit_state
from labelwise.auditing.verb import audit, audit_case, case_of

__all__ = [
    "Audit",
    "AuditState",
    "Finding",
    "audit",
    "audit_case",
    "audit_files",
    "audit_schema",
    "audit_state",
    "case_of",
]
