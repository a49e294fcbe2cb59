//! The command as its users and their machines meet it: what it says, and what it keeps when all goes wrong.

mod readme;
