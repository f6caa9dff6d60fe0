"""The checks of authenticity: pure functions that return why they pass, and raise why they do not.

`InvalidError` makes a check fail, `UnavailableError` leaves it unknown; `verify` turns both into the report. Every
check except `document.normal_form` reads only documents that are in normal form.
"""
