"""Bots to try Greenroom with: each folder is data, nothing in it is executed."""
