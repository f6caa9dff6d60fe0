"""Settings that are good for tests and bad for anything else: said at every start, and by `microcred doctor`."""

from __future__ import annotations

from microcred.installation import settings_of
from microcred.world import World
from verifier.settings import VerifierSettings

ANYBODY_ISSUES = (
    "MICROCRED_VC_API_AUTH=none lets anybody who reaches this service issue credentials with its profiles' keys and "
    "change their status. For conformance tests only; remove it for anything else."
)
ANY_KEY = (
    "MICROCRED_VC_API_BINDING=proof-only lets the VC-API accept the key of somebody else than the issuer. For "
    "conformance tests only; remove it for anything else."
)


def warnings(world: World) -> tuple[str, ...]:
    """Return one sentence for each dangerous setting that is in force. Raises `SettingsError`."""
    checked = VerifierSettings.read(world.environ)
    if not checked.vc_api:
        return ()
    found = ((not settings_of(world).vc_api_needs_token, ANYBODY_ISSUES), (not checked.vc_api_binds, ANY_KEY))
    return tuple(sentence for applies, sentence in found if applies)
