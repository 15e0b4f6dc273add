//! The settings of the export of traces: the standard variables of OpenTelemetry, with their standard meaning.

use super::{Reader, keys};
use std::{path::PathBuf, time::Duration};

/// The name of the service unless another is set.
const SERVICE_NAME: &str = "asset-injector";

/// The resource attribute that holds it.
const SERVICE_NAME_ATTRIBUTE: &str = "service.name";

/// How a collector is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Protobuf over HTTP.
    Http,
    /// gRPC.
    Grpc,
}

/// How what a collector is sent is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    /// Not at all.
    None,
    /// By gzip.
    Gzip,
}

/// Which traces are recorded where nobody else decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    /// All.
    Always,
    /// None.
    Never,
    /// A share, decided by the trace's id.
    Ratio,
}

/// Which traces are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SamplerName {
    /// Which of those that begin here, or of all.
    pub(crate) root: Root,
    /// Whether the caller decides, where there is one.
    pub(crate) asks_parent: bool,
}

/// Where spans are exported to, which, and how.
#[derive(Clone, Debug)]
pub(crate) struct ExportConfig {
    /// The URL, complete.
    pub(crate) endpoint: String,
    /// How the collector is spoken to.
    pub(crate) protocol: Protocol,
    /// What the collector's certificate must follow from, in PEM, after the setting that names the file; `None`: from the
    /// public authorities.
    pub(crate) certificate: Option<(&'static str, PathBuf)>,
    /// Headers that it is sent; they may hold secrets.
    pub(crate) headers: Vec<(String, String)>,
    /// The longest time for one attempt.
    pub(crate) timeout: Duration,
    /// How what it is sent is compressed.
    pub(crate) compression: Compression,
    /// What every span says of this process.
    pub(crate) resource: Vec<(String, String)>,
    /// Which traces are recorded.
    pub(crate) sampler: SamplerName,
    /// The share that a sampler by ratio records.
    pub(crate) ratio: f64,
    /// How long spans gather.
    pub(crate) delay: Duration,
    /// The longest time for one export, with all attempts.
    pub(crate) export_timeout: Duration,
    /// How many spans may wait.
    pub(crate) queue_max: usize,
    /// How many are exported at once.
    pub(crate) batch_max: usize,
}

pub(super) fn read(reader: &mut Reader<'_>, environment: &str) -> Option<ExportConfig> {
    let is_wanted = !reader.read(&keys::OTEL_SDK_DISABLED) & reader.read(&keys::OTEL_TRACES_EXPORTER);
    let general = reader.read_optional(&keys::OTEL_EXPORTER_OTLP_ENDPOINT);
    let whole = reader.read_optional(&keys::OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
    let protocol = reader.read_special(
        &keys::OTEL_EXPORTER_OTLP_TRACES_PROTOCOL,
        &keys::OTEL_EXPORTER_OTLP_PROTOCOL,
    );
    let mut file = |key: &keys::Key<PathBuf>| Some((key.row.name, reader.read_optional(key)?));
    let certificate = file(&keys::OTEL_EXPORTER_OTLP_CERTIFICATE);
    let certificate = file(&keys::OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE).or(certificate);
    let headers = reader.read_optional(&keys::OTEL_EXPORTER_OTLP_HEADERS);
    let headers = reader
        .read_optional(&keys::OTEL_EXPORTER_OTLP_TRACES_HEADERS)
        .or(headers);
    let timeout = reader.read_special(
        &keys::OTEL_EXPORTER_OTLP_TRACES_TIMEOUT,
        &keys::OTEL_EXPORTER_OTLP_TIMEOUT,
    );
    let compression = reader.read_special(
        &keys::OTEL_EXPORTER_OTLP_TRACES_COMPRESSION,
        &keys::OTEL_EXPORTER_OTLP_COMPRESSION,
    );
    let config = ExportConfig {
        endpoint: String::new(),
        protocol,
        certificate,
        headers: headers.unwrap_or_default(),
        timeout,
        compression,
        resource: resource(reader, environment),
        sampler: reader.read(&keys::OTEL_TRACES_SAMPLER),
        ratio: reader.read(&keys::OTEL_TRACES_SAMPLER_ARG),
        delay: reader.read(&keys::OTEL_BSP_SCHEDULE_DELAY),
        export_timeout: reader.read(&keys::OTEL_BSP_EXPORT_TIMEOUT),
        queue_max: reader.read(&keys::OTEL_BSP_MAX_QUEUE_SIZE),
        batch_max: reader.read(&keys::OTEL_BSP_MAX_EXPORT_BATCH_SIZE),
    };
    if config.batch_max > config.queue_max {
        reader.refuse_unfit(keys::OTEL_BSP_MAX_QUEUE_SIZE.row);
        reader.refuse_unfit(keys::OTEL_BSP_MAX_EXPORT_BATCH_SIZE.row);
    }
    let endpoint = whole.or_else(|| general.map(|general| of_general(&general, protocol)));
    let endpoint = endpoint.filter(|_| is_wanted)?;
    Some(ExportConfig { endpoint, ..config })
}

/// The URL for spans below one for everything; gRPC has no paths.
fn of_general(general: &str, protocol: Protocol) -> String {
    match protocol {
        Protocol::Http => format!("{}/v1/traces", general.trim_end_matches('/')),
        Protocol::Grpc => general.to_owned(),
    }
}

fn resource(reader: &mut Reader<'_>, environment: &str) -> Vec<(String, String)> {
    let name = reader.read_optional(&keys::OTEL_SERVICE_NAME);
    let set = reader.read_optional(&keys::OTEL_RESOURCE_ATTRIBUTES);
    let ours = [
        (SERVICE_NAME_ATTRIBUTE, SERVICE_NAME),
        ("service.version", crate::build_info::VERSION),
        ("deployment.environment.name", environment),
    ];
    // Of a name that stands twice the last one counts.
    let mut all: Vec<_> = ours
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    all.extend(set.unwrap_or_default());
    all.extend(name.map(|name| (SERVICE_NAME_ATTRIBUTE.to_owned(), name)));
    all
}
