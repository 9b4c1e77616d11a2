"""Small widgets which need nothing but ASCII, "·" and "─"."""
