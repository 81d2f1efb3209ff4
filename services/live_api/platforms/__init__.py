"""What kinds of channels share: reading what platforms post, fitting words into what they take. Pure."""
