"""Everything that Marquee remembers: MongoDB, Redis, Chroma and the servers that embed them."""
