//! The update protocol: request headers in, response parts out. Never does I/O, reads a clock or knows who serves.
