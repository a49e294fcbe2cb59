//! Which items and keys of what is there stand for which of what shall be.
