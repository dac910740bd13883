"""Comparison -> one offline page, its JSON, a table for the terminal."""

from labelwise.report.page import comparison_fragment, comparison_page, write_report
from labelwise.report.terminal import comparison_renderable, comparison_text

__all__ = ["comparison_fragment", "comparison_page", "comparison_renderable", "comparison_text", "write_report"]
