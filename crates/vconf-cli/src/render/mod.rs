//! Text for people, made of what the library returns. Pure: nothing is printed here.

pub(crate) mod diff;
mod fold;
mod inline;
mod layout;
mod rows;
mod style;
mod value;
