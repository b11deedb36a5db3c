"""Extract: from sources and resources to pages of items."""
