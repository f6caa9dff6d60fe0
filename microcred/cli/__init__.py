"""The commands of `microcred`: one module per noun, each adding its parser and the functions that carry it out."""
