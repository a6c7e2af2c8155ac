"""Calls over a bad network: a relay in user space between a browser and the media port."""
