"""What Greenroom recognises by itself: one file each, with a `find`, under the name that entities call it by."""
