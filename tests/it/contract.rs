//! What is generated and committed is up to date.

mod schema;

use world::generated::{assert_up_to_date, root};

#[test]
fn wire_types() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["config", "credentials", "usage"].map(|name| format!("portway/node/v1/{name}.proto"));
    let descriptors = protox::compile(files, [root().join("proto")]).unwrap_or_else(|error| panic!("{error:?}"));
    tonic_prost_build::configure()
        .build_transport(true)
        .bytes(".")
        .out_dir(folder.path())
        .compile_fds(descriptors)
        .unwrap();
    let generated = std::fs::read_to_string(folder.path().join("portway.node.v1.rs")).unwrap();
    assert_up_to_date("proto/src/gen/portway.node.v1.rs", &generated);
}

#[test]
fn api_document() {
    assert_up_to_date("control-plane/openapi.json", &control_plane::http::openapi::document().unwrap());
}
