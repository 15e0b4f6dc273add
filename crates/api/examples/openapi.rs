//! Prints the OpenAPI document that the routes make, for `cargo xtask codegen`.

fn main() {
    println!("{}", api::openapi());
}
