"""The linter's surface: files, configuration, noqa, formats, fixes, baseline, cache."""
