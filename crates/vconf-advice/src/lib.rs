//! What there is to tell of the library's values: as JSON for programs, as advice for people.
//!
//! The command line and the server say the same things in the same words, and this is where these are. Nothing is
//! printed here, and nothing is known of terminals or of HTTP.

pub mod advice;
pub mod difference;
pub mod facts;
pub mod failure;
pub mod key;
pub mod patch;
pub mod text;
