"""The chat of a web site: its page, its sessions, and what is said in it, as it is said."""
