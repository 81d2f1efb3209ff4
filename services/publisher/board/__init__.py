"""The start page: where the services are, and a board of the bots for whoever has a key."""
