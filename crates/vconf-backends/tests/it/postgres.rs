//! PostgreSQL.

use vconf::backend::contract;
use vconf_backends::Postgres;

use crate::engines::new_postgres;

#[test]
fn postgres_keeps_the_contract() {
    let engine = Postgres::create(&new_postgres()).unwrap();
    contract::check(&engine).unwrap_or_else(|breach| panic!("{breach}"));
}
