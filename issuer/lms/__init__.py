"""From what learning management systems say to what the issuer understands: one module per source, pure code.

    bytes and headers --verify--> Verified --read--> Reported, …      (adapters: the table `adapters.ADAPTERS`)
    Reported, … --rules--> is the course completed, and which version of the definition applies
    Reported, … --identity--> whose completion it is
    all of it --award--> `issuer.model.CompletionReport`

No database, no network, no clock: settings of a connection, moments and answers of the source are arguments.
"""
