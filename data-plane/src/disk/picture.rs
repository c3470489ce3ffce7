//! One tenant as the control plane told it, resource by resource. Kept as it came: after a restart the same apply path
//! judges it again, and what is sealed to the node stays sealed.

use std::collections::HashMap;

use bytes::Bytes;
use proto::Message as _;
use proto::wire::resource::Body;
use proto::wire::{GetResponse, Resource};
use zeroize::Zeroizing;

use crate::snapshot::Kind;
use crate::snapshot::apply::{CAPABILITIES, Update};

#[derive(Default)]
pub(super) struct Picture {
    /// Of the database it came from.
    pub(super) history_id: String,
    /// Taken by an older version, which was not told all that this one is: good to serve, no base for a delta.
    pub(super) lacks_kinds: bool,
    revision: u64,
    resources: HashMap<(Kind, Bytes), Resource>,
}

impl Picture {
    pub(super) fn apply(&mut self, history_id: &str, update: &Update) {
        if update.full {
            self.resources.clear();
            self.lacks_kinds = false;
        }
        self.history_id = history_id.to_owned();
        self.revision = update.revision;
        for resource in &update.resources {
            let key = (Kind::of(resource.body.as_ref()), resource.id.clone());
            match &resource.body {
                Some(Body::Deleted(_)) => drop(self.resources.remove(&key)),
                _ => drop(self.resources.insert(key, resource.clone())),
            }
        }
    }

    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let capabilities = if self.lacks_kinds { &[][..] } else { &CAPABILITIES[..] };
        let capabilities = capabilities.iter().map(ToString::to_string).collect();
        let picture = GetResponse {
            history_id: self.history_id.clone(),
            revision: self.revision,
            resources: self.resources.values().cloned().collect(),
            capabilities,
        };
        Zeroizing::new(picture.encode_to_vec())
    }

    /// The picture, and the update that brings it about.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<(Self, Update)> {
        let GetResponse { history_id, revision, resources, capabilities } = GetResponse::decode(bytes).ok()?;
        let is_whole = CAPABILITIES.iter().all(|one| capabilities.iter().any(|had| had == one));
        let update = Update { full: true, revision, resources };
        let mut picture = Self::default();
        picture.apply(&history_id, &update);
        picture.lacks_kinds = !is_whole;
        (revision > 0).then_some((picture, update))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::tests::wire::{deleted, resource, server, settings};

    #[test]
    fn deltas_come_to_what_is_read_back() {
        let one = |slug: &str| resource(1, Body::Server(server(slug)));
        let mut picture = Picture::default();
        let resources = vec![settings(), one("one"), resource(2, Body::Server(server("two")))];
        picture.apply("h1", &Update { full: true, revision: 3, resources });
        let resources = vec![one("uno"), deleted(2, "server"), deleted(9, "server")];
        picture.apply("h1", &Update { full: false, revision: 5, resources });
        let (read, update) = Picture::from_bytes(&picture.to_bytes()).unwrap();
        assert_eq!((read.history_id.as_str(), update.full, update.revision), ("h1", true, 5));
        assert_eq!(update.resources.len(), 2);
        assert!(update.resources.contains(&one("uno")) && update.resources.contains(&settings()));
        picture.apply("h2", &Update { full: true, revision: 1, resources: vec![settings()] });
        assert_eq!(Picture::from_bytes(&picture.to_bytes()).unwrap().1.resources, [settings()]);
        assert!(Picture::from_bytes(b"nonsense").is_none());
    }

    #[test]
    fn a_picture_of_an_older_version_is_known_as_one_until_all_of_it_came_anew() {
        let update = |full| Update { full, revision: 3, resources: vec![settings()] };
        let (read, _) = Picture::from_bytes(&{
            let mut picture = Picture::default();
            picture.apply("h1", &update(true));
            picture.to_bytes()
        })
        .unwrap();
        assert!(!read.lacks_kinds);
        let older =
            GetResponse { history_id: "h1".into(), revision: 3, resources: vec![settings()], ..Default::default() };
        let (mut read, _) = Picture::from_bytes(&older.encode_to_vec()).unwrap();
        assert!(read.lacks_kinds);
        read.apply("h1", &update(false));
        assert!(Picture::from_bytes(&read.to_bytes()).unwrap().0.lacks_kinds, "a delta does not make it whole");
        read.apply("h1", &update(true));
        assert!(!Picture::from_bytes(&read.to_bytes()).unwrap().0.lacks_kinds);
    }
}
