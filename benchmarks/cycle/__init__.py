"""A cycle's training from an encoder's weights in fewer epochs: processor time and accuracy."""
