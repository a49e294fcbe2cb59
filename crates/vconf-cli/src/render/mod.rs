//! Text for people, made of what the library returns. Pure: nothing is printed here.

pub(crate) mod diff;
pub(crate) mod facts;
mod fold;
pub(crate) mod html;
pub(crate) mod inline;
mod layout;
mod lines;
mod rows;
pub(crate) mod side_by_side;
pub(crate) mod style;
pub(crate) mod value;
