"""What is to be picked out of a message: values with synonyms, patterns, and what every bot knows (dates, numbers)."""
