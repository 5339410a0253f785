"""The words: frozen values every other package speaks in."""
