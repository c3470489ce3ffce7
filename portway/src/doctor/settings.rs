//! Settings that lie on this machine, read as the planes read them.

use super::finding::Report;
use crate::cli::DoctorArgs;

const REMEDY: &str = "docs/deployment.md lists every setting";

pub(super) fn check(args: &DoctorArgs, report: &mut Report) {
    if let Some(path) = &args.control_plane_config {
        match control_plane::config::Config::load(Some(path)) {
            Ok(_) => report.ok("control plane's settings", path.display().to_string()),
            Err(error) => report.fail("control plane's settings", error.to_string(), REMEDY),
        }
    }
    if let Some(path) = &args.node_config {
        match data_plane::config::Config::load(Some(path)) {
            Ok(_) => report.ok("node's settings", path.display().to_string()),
            Err(error) => report.fail("node's settings", error.to_string(), REMEDY),
        }
    }
}
