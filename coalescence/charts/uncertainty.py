"""Charts and sentences for a crowd of firms."""
