"""Completions from learning platforms at work: what `issuer.lms` decides as pure code, with the database around it.

    a message comes --reception--> proved, stored as it came, answered
    its reports     --work-------> whose, which course, is the rule met, does the source agree --> a credential, or held
    the sources     --reconcile--> asked at night what they never told

Connections, people and bindings are the settings of it. Nothing is lost: what cannot be decided is held, with the
reason, and decided about again when something has changed.
"""
