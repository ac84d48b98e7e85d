"""What crosses links: packet sockets, the frames that they see, and what these say."""
