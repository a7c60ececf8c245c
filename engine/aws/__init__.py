"""Live AWS sources: one file for each `aws-*` command."""
