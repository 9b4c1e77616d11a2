"""What is known beforehand: what errors and kernel messages mean, which systems have what. Pure data."""
