"""The learning platforms of an installation, with the network to ask them over."""

from __future__ import annotations

from issuer.lms_work.platforms import Platforms
from issuer.lms_work.sealing import Vault
from issuer.service import Service
from issuer.settings import IssuerSettings
from microcred.keys import lock
from microcred.world import World


def platforms(service: Service, world: World) -> Platforms:
    """Return the learning platforms of an installation. Raises `SettingsError`."""
    return Platforms(service, Vault(lock(IssuerSettings.read(world.environ))), world.asker())
