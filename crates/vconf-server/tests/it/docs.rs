//! What the documentation says of the routes.

use vconf_server::{openapi_document, routes};

const API: &str = include_str!("../../../../docs/API.md");

#[test]
fn each_route_and_each_of_its_parameters_is_in_the_documentation() {
    let mut missing = Vec::new();
    for route in routes() {
        let lines: Vec<_> = API.lines().filter(|line| line.contains(route.path)).collect();
        if lines.is_empty() {
            missing.push(format!("{} {}", route.method, route.path));
        }
        for parameter in route.query {
            if !API.contains(&format!("`{}`", parameter.name))
                && !API.contains(&format!("?`{}", parameter.name))
            {
                missing.push(format!("{} ?{}", route.path, parameter.name));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_openapi_document_is_json_that_others_read() {
    let text = vconf::format::json::to_string(openapi_document());
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["paths"]["/api/v1/configs/{config}/source"]["put"]["operationId"], "save");
}

#[test]
fn what_is_async_or_speaks_to_the_network_stays_in_its_crates() {
    let manifests = [
        ("vconf", include_str!("../../../vconf/Cargo.toml")),
        ("vconf-advice", include_str!("../../../vconf-advice/Cargo.toml")),
        ("vconf-cli", include_str!("../../../vconf-cli/Cargo.toml")),
    ];
    for (name, manifest) in manifests {
        for foreign in ["axum", "hyper", "rustls", "tokio", "ureq"] {
            let has_it = manifest.lines().any(|line| line.starts_with(foreign));
            assert!(!has_it, "{name} uses {foreign}");
        }
    }
}
