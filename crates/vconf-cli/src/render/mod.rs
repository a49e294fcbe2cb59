//! Text for people, made of what the library returns. Pure: nothing is printed here.

pub(crate) mod diff;
pub(crate) mod facts;
mod fold;
mod inline;
mod layout;
mod rows;
pub(crate) mod style;
mod value;
