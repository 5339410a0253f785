"""Text for a terminal, one module per command's answer: values in, lines out.

Every function takes a `Style` (colour, width, how many names to list) and decides nothing.
"""
