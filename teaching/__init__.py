"""Teaches six layers what twelve know, once, with torch. Greenroom itself only ever reads what came out."""
