"""What a person sees of the verifier, and its HTTP API.

`app` holds the routes, `intake` turns a request into what shall be checked, `view` turns a report into what a
page shows, `look` holds the templates and static files, `headers` the security headers, `problem` the error
answers. `look` and `headers` serve the issuer's pages too.
"""
