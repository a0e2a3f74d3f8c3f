//! The words of the field and the rule that decides. Never does I/O, reads a clock or knows the wire.
