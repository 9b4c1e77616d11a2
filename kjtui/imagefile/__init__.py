"""Kernel A's memory on a medium: the format of the image. Pure bytes and numbers, see README "The image"."""
