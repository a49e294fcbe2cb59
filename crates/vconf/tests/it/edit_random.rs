//! Edits in place on random sources and random changes.
