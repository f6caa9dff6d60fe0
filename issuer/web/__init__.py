"""The issuer over HTTP: `pages` for people, `api` for programs."""
