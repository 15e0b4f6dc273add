//! A collector that keeps what it is sent, decoded by the protocol's own types; and others that do not take it.

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::{KeyValue, any_value::Value},
    trace::v1::Span,
};
use prost::Message as _;
use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::Instant,
};
use tonic::{codec::CompressionEncoding, transport::server::TcpIncoming};

use crate::http::PATIENCE;

/// One export: the head of the request or its metadata, and what it held.
type Export = (String, ExportTraceServiceRequest);

/// Attributes by name, as text.
pub(crate) type Attributes = BTreeMap<String, String>;

/// A span with what its export said of the process.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) span: Span,
    pub(crate) attributes: Attributes,
    pub(crate) resource: Attributes,
    pub(crate) head: String,
}

/// A collector on a free port.
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    exports: Receiver<Export>,
    seen: Vec<Seen>,
}

impl Collector {
    /// Takes protobuf over HTTP.
    pub(crate) fn http() -> Self {
        Self::start(|listener, sender| {
            for stream in listener.incoming().map_while(Result::ok) {
                let sender = sender.clone();
                thread::spawn(move || while take(&stream, &sender).is_some() {});
            }
        })
    }

    /// Takes gRPC.
    pub(crate) fn grpc() -> Self {
        Self::start(|listener, sender| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                listener.set_nonblocking(true).unwrap();
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let service = TraceServiceServer::new(Grpc(sender));
                let service = service.accept_compressed(CompressionEncoding::Gzip);
                let server = tonic::transport::Server::builder().add_service(service);
                server
                    .serve_with_incoming(TcpIncoming::from(listener))
                    .await
                    .unwrap();
            });
        })
    }

    fn start(serve: impl FnOnce(TcpListener, Sender<Export>) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, exports) = channel();
        thread::spawn(move || serve(listener, sender));
        Self {
            address,
            exports,
            seen: Vec::new(),
        }
    }

    /// The first span that fits; waits for it.
    #[track_caller]
    pub(crate) fn span(&mut self, what: &str, fits: impl Fn(&Seen) -> bool) -> &Seen {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.seen.iter().position(&fits) {
                return &self.seen[at];
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.exports.recv_timeout(left) {
                Ok(export) => self.keep(export),
                Err(error) => panic!("no span {what} ({error}) in {:#?}", self.seen),
            }
        }
    }

    /// Everything so far.
    pub(crate) fn all(&mut self) -> &[Seen] {
        while let Ok(export) = self.exports.try_recv() {
            self.keep(export);
        }
        &self.seen
    }

    fn keep(&mut self, (head, request): Export) {
        for of_resource in request.resource_spans {
            let resource = attributes(&of_resource.resource.unwrap().attributes);
            for span in of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                self.seen.push(Seen {
                    attributes: attributes(&span.attributes),
                    resource: resource.clone(),
                    head: head.clone(),
                    span,
                });
            }
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "we send no other kinds")]
fn attributes(pairs: &[KeyValue]) -> Attributes {
    let text = |pair: &KeyValue| match pair.value.clone().unwrap().value.unwrap() {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        Value::BoolValue(truth) => truth.to_string(),
        other => panic!("{other:?}"),
    };
    pairs.iter().map(|pair| (pair.key.clone(), text(pair))).collect()
}

/// Takes one request of a connection; `None` at its end.
fn take(mut stream: &TcpStream, sender: &Sender<Export>) -> Option<()> {
    let mut bytes = Vec::new();
    let (head, mut body) = loop {
        let mut piece = [0; 4096];
        match stream.read(&mut piece).ok()? {
            0 => return None,
            count => bytes.extend_from_slice(&piece[..count]),
        }
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let body = bytes.split_off(end + 4);
            break (String::from_utf8(bytes).unwrap().to_ascii_lowercase(), body);
        }
    };
    let (_, length) = head.split_once("content-length: ").unwrap();
    let length: usize = length.lines().next().unwrap().parse().unwrap();
    let mut rest = vec![0; length - body.len()];
    stream.read_exact(&mut rest).ok()?;
    body.extend(rest);
    if head.contains("content-encoding: gzip\r\n") {
        let mut plain = Vec::new();
        GzDecoder::new(&*body).read_to_end(&mut plain).unwrap();
        body = plain;
    }
    // Nobody may listen any more.
    sender
        .send((head, ExportTraceServiceRequest::decode(&*body).unwrap()))
        .ok()?;
    let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
    stream.write_all(answer.as_bytes()).ok()
}

struct Grpc(Sender<Export>);

#[tonic::async_trait]
impl TraceService for Grpc {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        let head = format!("{:?}", request.metadata());
        // Nobody may listen any more.
        let _ = self.0.send((head, request.into_inner()));
        Ok(tonic::Response::new(ExportTraceServiceResponse::default()))
    }
}
