"""Playing a learning platform against a running server, with the bad manners that real ones have.

`plays` knows what each platform sends, `traffic` in which order and how often, `sender` sends it, `show` counts.
"""
