"""What learners get: the badge picture, the QR code, the page, the files.

Deliveries show and send what is stored; nothing here signs, fetches or stores. The same input always gives
the same bytes, so that every answer can be cached and compared.
"""
