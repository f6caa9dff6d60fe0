"""The ways out: what sends messages over the network. When, and how often, is decided in `issuer.jobs`."""
