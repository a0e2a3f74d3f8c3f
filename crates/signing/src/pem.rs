//! PEM envelopes: which blocks a text has, and the strict certificate blocks that both platforms can read.
