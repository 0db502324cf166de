"""The vocabulary of Marquee: documents, events, errors and rules, free of I/O and frameworks."""
