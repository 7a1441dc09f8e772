"""Real Debian hosts on a private network, for the site to be applied to."""
