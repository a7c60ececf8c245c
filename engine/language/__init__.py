"""Text to commands and back: grammar, nodes, printer, errors."""
