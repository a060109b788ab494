"""The record on disk, read into tidy frames."""
