"""The renderers: any document for a terminal, as Markdown, for machines, or as an HTML page."""
