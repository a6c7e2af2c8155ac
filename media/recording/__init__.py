"""Recording: RTP into Matroska files, sealed as they grow, in a process of its own."""
