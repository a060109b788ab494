"""The charts themselves: each module here holds one ``CHART``; nothing else needs to name it."""
