"""The command `microcred`: where the parts are put together.

Only here are the clock, the randomness and the network chosen. Everything else gets them as arguments.
"""
