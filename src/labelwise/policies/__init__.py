"""Policies: one file between a model's scores and decisions one can defend."""

from labelwise.policies.decisions import Decisions
from labelwise.policies.fit import fit_policy
from labelwise.policies.policy import Policy

__all__ = ["Decisions", "Policy", "fit_policy"]
