//! x
fn main() {
    std::fs::write("crates/spotlight-http/openapi.json", spotlight_http::openapi_json()).expect("x");
}
