"""Everything the verifier gets from elsewhere, and the only code of it that touches the network.

`Fetch` is what the rest of the verifier sees. `GuardedFetch` asks the network under a guard, `FolderFetch`
answers from a folder, `ChainFetch` lets the first source that knows an address decide.
"""

from verifier.fetch.base import DOCUMENT_LIMIT, STATUS_LIST_LIMIT, AtOnce, Fetch, Fetched, Source
from verifier.fetch.chain import ChainFetch
from verifier.fetch.folder import FolderFetch
from verifier.fetch.guarded import GuardedFetch

__all__ = [
    "DOCUMENT_LIMIT",
    "STATUS_LIST_LIMIT",
    "AtOnce",
    "ChainFetch",
    "Fetch",
    "Fetched",
    "FolderFetch",
    "GuardedFetch",
    "Source",
]
