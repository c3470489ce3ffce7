//! A server as a node knows it: where it is, what opens its door, what it is made of if it is virtual, who may use it.

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};
use proto::members::Alias;
use proto::names::ServerSlug;
use uuid::Uuid;

use crate::map::{HashMap, HashSet};
use crate::upstream::UpstreamUrl;
use crate::upstream::credential::{Credential, Destination, is_same_origin};
use crate::upstream::trust::Trust;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerState {
    Enabled,
    Disabled,
    /// A resource that decides about this server was rejected: refuse with `config.rejected`.
    ConfigRejected,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub id: Uuid,
    pub slug: ServerSlug,
    pub display_name: String,
    pub state: ServerState,
    /// Where calls go. Of a server whose URL was rejected, and of a virtual one, this is a name that never resolves
    /// (RFC 6761 §6.4).
    pub upstream_url: UpstreamUrl,
    pub outbound_auth: OutboundAuth,
    pub headers: Arc<HeaderRules>,
    /// Whom to trust besides the public roots.
    pub trust: Option<Arc<Trust>>,
    /// Which of its tools may be listed and called; `None`: all.
    pub tools: Option<Arc<ToolSwitches>>,
    /// Principals for whom a credential is stored that goes before the server's own.
    pub overrides: Arc<HashSet<Uuid>>,
    /// Of one call; 0 = the node's default.
    pub timeout_ms: u32,
    /// Of a virtual server, in the order of its lists.
    pub members: Option<Arc<[Member]>>,
    /// Who may use it, indexed by subject.
    pub grants: GrantIndex,
}

/// The methods this node can serve; another one makes the server `ConfigRejected`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutboundAuth {
    None,
    /// The same headers for everybody.
    Shared(Credential),
    /// What the control plane leases to each caller. Before a call goes out there is a `Leased` in its place.
    Brokered {
        version: u64,
    },
    /// The caller's own token, as it came. Before a call goes out there is a `Given` in its place.
    Original,
    /// This caller's own, and the versions of server and principal that it rests on.
    Leased {
        credential: Credential,
        auth: u64,
        credentials: u64,
        connect_url: Arc<str>,
    },
    /// This call's own, as it came with the call.
    Given(Credential),
}

/// Which tools of a server are on, by the server's own names for them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolSwitches {
    /// Tools that neither list names are off, also those that come later.
    pub others_off: bool,
    pub on: HashSet<String>,
    /// Goes before `on`.
    pub off: HashSet<String>,
}

impl ToolSwitches {
    pub fn is_on(&self, tool: &str) -> bool {
        !self.off.contains(tool) && (!self.others_off || self.on.contains(tool))
    }
}

/// Headers of a server's requests besides its credential.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderRules {
    /// On every request, below everything else of the same name.
    pub fixed: Vec<(HeaderName, HeaderValue)>,
    /// Names that a caller may add.
    pub forwardable: Vec<HeaderName>,
    /// What the credential consists of, besides `Authorization`.
    pub of_credential: Vec<HeaderName>,
    /// What the caller added to this call.
    pub added: Vec<(HeaderName, HeaderValue)>,
}

impl HeaderRules {
    /// Whether a caller who gives this header brings a credential of their own.
    pub fn is_credential(&self, name: &HeaderName) -> bool {
        *name == AUTHORIZATION || self.of_credential.contains(name)
    }
}

/// A server within a virtual one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub server_id: Uuid,
    pub slug: ServerSlug,
    pub alias: Alias,
    pub offer: Arc<Offer>,
}

/// What of a member its virtual server offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    pub tools: Choice,
    pub prompts: Choice,
    /// By URI.
    pub resources: Choice,
    /// By URI template.
    pub templates: Choice,
    /// Its URIs carry no alias; of one member at most.
    pub plain_uris: bool,
}

/// Which things of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Choice {
    #[default]
    All,
    Only(Vec<Item>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The member's own.
    pub name: String,
    pub exposed_as: Option<String>,
    pub description: Option<String>,
}

impl Member {
    /// What clients call a resource, or a template, of this member.
    pub fn exposed_uri(&self, uri: &str) -> String {
        if self.offer.plain_uris { uri.to_owned() } else { self.alias.exposed_uri(uri) }
    }

    /// The alias that URIs in its answers get.
    pub fn uri_alias(&self) -> Option<&Alias> {
        (!self.offer.plain_uris).then_some(&self.alias)
    }
}

impl Choice {
    /// How a thing of that name is offered; `None`: not at all.
    pub fn find(&self, name: &str) -> Option<Option<&Item>> {
        match self {
            Self::All => Some(None),
            Self::Only(items) => items.iter().find(|item| item.name == name).map(Some),
        }
    }

    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Only(items) if items.is_empty())
    }
}

impl Server {
    /// Where requests to this server go, and what they carry to be let in.
    pub fn destination(&self) -> Destination<'_> {
        self.destination_at(&self.upstream_url)
    }

    /// The same for another URL, of a session that was opened before the server moved. Another origin gets nothing.
    pub fn destination_at<'a>(&'a self, url: &'a UpstreamUrl) -> Destination<'a> {
        let credential = match &self.outbound_auth {
            OutboundAuth::None | OutboundAuth::Brokered { .. } | OutboundAuth::Original => None,
            OutboundAuth::Shared(credential)
            | OutboundAuth::Leased { credential, .. }
            | OutboundAuth::Given(credential) => Some(credential),
        };
        let headers = is_same_origin(url, &self.upstream_url).then_some(&*self.headers);
        Destination { url, credential, headers, trust: self.trust.as_ref() }
    }

    /// Where the caller changes what opens the door, if it is their own.
    pub fn connect_url(&self) -> Option<Arc<str>> {
        match &self.outbound_auth {
            OutboundAuth::Leased { connect_url, .. } if !connect_url.is_empty() => Some(connect_url.clone()),
            _ => None,
        }
    }

    /// Upstream sessions opened with another credential are another account's; 0 = without one.
    pub fn credential_version(&self) -> u64 {
        self.destination().credential.map_or(0, Credential::version)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GrantIndex {
    pub everyone: Option<Role>,
    /// Users, groups and service accounts; ids are UUIDs and never clash.
    pub subjects: HashMap<Uuid, Role>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    User,
    Manager,
}

#[cfg(test)]
impl Server {
    /// One that asks for nothing and is granted to nobody.
    pub(crate) fn plain(id: Uuid, slug: &str, upstream_url: &str) -> Self {
        Self {
            id,
            slug: slug.parse().expect("slug"),
            display_name: slug.to_owned(),
            state: ServerState::Enabled,
            upstream_url: upstream_url.parse().expect("URL"),
            outbound_auth: OutboundAuth::None,
            headers: Arc::default(),
            trust: None,
            tools: None,
            overrides: Arc::default(),
            timeout_ms: 0,
            members: None,
            grants: GrantIndex::default(),
        }
    }
}
