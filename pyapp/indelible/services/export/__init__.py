"""The log as other programs read it: one module for each format, and the stream that fills them."""
