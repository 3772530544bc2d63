"""How few labels a classifier needs: descriptors and heads beside the pair, set by set."""
