//! The real resolver against a small name server on loopback.

use hickory_resolver::proto::op::{Message, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{CNAME, TXT};
use hickory_resolver::proto::rr::{Name, Record};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};

use super::*;

/// Answers by the name's first label, over UDP and TCP on one port; dropped with the test's runtime.
#[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
async fn name_server() -> SystemResolver {
    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let at = udp.local_addr().unwrap();
    let tcp = TcpListener::bind(at).await.unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 4_096];
        loop {
            let (length, peer) = udp.recv_from(&mut buffer).await.unwrap();
            if let Some(answer) = answer(&buffer[..length], false) {
                udp.send_to(&answer, peer).await.unwrap();
            }
        }
    });
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = tcp.accept().await.unwrap();
            tokio::spawn(async move {
                while let Ok(length) = stream.read_u16().await {
                    let mut question = vec![0; usize::from(length)];
                    stream.read_exact(&mut question).await.unwrap();
                    let answer = answer(&question, true).unwrap();
                    stream.write_u16(u16::try_from(answer.len()).unwrap()).await.unwrap();
                    stream.write_all(&answer).await.unwrap();
                }
            });
        }
    });
    SystemResolver::with_servers(vec![at])
}

fn answer(question: &[u8], is_tcp: bool) -> Option<Vec<u8>> {
    let question = Message::from_vec(question).unwrap();
    let query = question.queries[0].clone();
    let mut reply = Message::response(question.metadata.id, OpCode::Query);
    reply.metadata.recursion_desired = true;
    reply.metadata.recursion_available = true;
    reply.add_query(query.clone());
    let text = |name: &Name, pieces: Vec<String>| Record::from_rdata(name.clone(), 60, RData::TXT(TXT::new(pieces)));
    let name = query.name();
    match name.to_string().split('.').next().unwrap() {
        "plain" => {
            reply.add_answers([text(name, vec!["one".into()]), text(name, vec!["two".into()])]);
        }
        "pieces" => {
            reply.add_answers([text(name, vec!["a".repeat(255), "b".repeat(20)])]);
        }
        "alias" => {
            let target: Name = "target.example.".parse().unwrap();
            let alias = Record::from_rdata(name.clone(), 60, RData::CNAME(CNAME(target.clone())));
            reply.add_answers([alias, text(&target, vec!["behind".into()])]);
        }
        "many" if is_tcp => {
            reply.add_answers((0..1_000).map(|n| text(name, vec![format!("{n:020}")])));
        }
        "many" => reply.metadata.truncation = true,
        "empty" => {}
        "broken" => reply.metadata.response_code = ResponseCode::ServFail,
        "silent" => return None,
        _ => reply.metadata.response_code = ResponseCode::NXDomain,
    }
    Some(reply.to_vec().unwrap())
}

#[tokio::test]
async fn texts_of_a_name() {
    let resolver = name_server().await;
    let texts = async |name: &str| resolver.texts(&format!("{name}.example")).await.map_err(|error| error.to_string());
    assert_eq!(texts("plain").await, Ok(vec!["one".to_owned(), "two".to_owned()]));
    assert_eq!(texts("pieces").await, Ok(vec![format!("{}{}", "a".repeat(255), "b".repeat(20))]));
    assert_eq!(texts("alias").await, Ok(vec!["behind".to_owned()]));
    assert_eq!(texts("many").await.unwrap().len(), 1_000);
    assert_eq!(texts("empty").await, Ok(vec![]));
    assert_eq!(texts("absent").await, Ok(vec![]));
    assert!(texts("broken").await.is_err());
}

#[tokio::test]
async fn a_silent_name_server_is_given_up() {
    let resolver = name_server().await;
    let limit = Duration::from_millis(DNS_ATTEMPT_MS * 4);
    assert!(tokio::time::timeout(limit, resolver.texts("silent.example")).await.unwrap().is_err());
}
