"""Strategic Coalescence: the models, data and labs behind the casebook.

    data -> models -> charts -> lab -> chapters

Each part knows only what stands to its left.
"""

__version__ = "0.1.0"
