"""Markdown for pull requests and pages: values in, markdown out, everything from outside escaped."""
