"""The web: read the request, ask billing, choose a template."""
