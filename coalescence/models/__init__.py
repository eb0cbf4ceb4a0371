"""The field's models, one module a chapter: pure functions over small immutable records."""
