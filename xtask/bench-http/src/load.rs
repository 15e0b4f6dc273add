//! The load generator: keep-alive connections, one request at a time on each, every answer read whole.
//!
//! Our own and not `wrk`: nothing to install, the status and length of every answer are checked, and
//! the request is one fixed block of bytes. It runs on one thread, so on two cores it takes at most
//! one from the server.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// More than any answer of the benchmark.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// What to send, where and for how long.
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) request: Vec<u8>,
    pub(crate) connections: usize,
    pub(crate) seconds: u64,
}

/// The bytes of a POST with a JSON body.
pub(crate) fn request(host: &str, path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Prints requests a second, p50 and p99 in microseconds.
pub(crate) fn main(plan: &Plan) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let started = Instant::now();
    let deadline = started + Duration::from_secs(plan.seconds);
    let mut latencies = runtime.block_on(all_connections(plan, deadline))?;
    let seconds = started.elapsed().as_secs_f64();
    latencies.sort_unstable();
    let (Some(p50), Some(p99)) = (quantile(&latencies, 50), quantile(&latencies, 99)) else {
        bail!("no request was answered");
    };
    let requests = u32::try_from(latencies.len()).context("too many requests to count")?;
    println!(
        "{:.0} {} {}",
        f64::from(requests) / seconds,
        p50.as_micros(),
        p99.as_micros()
    );
    Ok(())
}

async fn all_connections(plan: &Plan, deadline: Instant) -> Result<Vec<Duration>> {
    let tasks: Vec<_> = (0..plan.connections)
        .map(|_| tokio::spawn(one_connection(plan.address, plan.request.clone(), deadline)))
        .collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await.context("a connection panicked")??);
    }
    Ok(latencies)
}

async fn one_connection(address: SocketAddr, request: Vec<u8>, deadline: Instant) -> Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address).await.context("cannot connect")?;
    stream.set_nodelay(true)?;
    let mut latencies = Vec::new();
    let mut buffer = vec![0; ANSWER_BYTES_MAX];
    while Instant::now() < deadline {
        let sent = Instant::now();
        stream.write_all(&request).await?;
        read_answer(&mut stream, &mut buffer).await?;
        latencies.push(sent.elapsed());
    }
    Ok(latencies)
}

/// Reads one whole answer, which must be a 200 with a length.
async fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<()> {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        if read == 0 {
            bail!("the server closed the connection in an answer, or the answer is too long");
        }
        filled += read;
        if let Some(length) = answer_bytes(&buffer[..filled])?
            && filled >= length
        {
            return Ok(());
        }
    }
}

/// The length of the whole answer, once its head is there.
fn answer_bytes(received: &[u8]) -> Result<Option<usize>> {
    let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = &received[..end];
    if !head.starts_with(b"HTTP/1.1 200 ") {
        bail!("the server answered: {}", String::from_utf8_lossy(received));
    }
    let head = std::str::from_utf8(head).context("the head is no UTF-8")?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>())
    });
    let body = length
        .context("the answer has no Content-Length")?
        .context("a length that is no number")?;
    Ok(Some(end + 4 + body))
}

/// The smallest value that this share of the values does not exceed.
fn quantile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{answer_bytes, quantile, request};

    #[test]
    fn quantiles_are_measured_values() {
        let values: Vec<_> = (1..=200).map(Duration::from_micros).collect();
        assert_eq!(quantile(&values, 50), Some(Duration::from_micros(100)));
        assert_eq!(quantile(&values, 99), Some(Duration::from_micros(198)));
        assert_eq!(quantile(&values[..1], 99), Some(Duration::from_micros(1)));
        assert_eq!(quantile(&[], 50), None);
    }

    #[test]
    fn the_length_of_an_answer_is_known_with_its_head() {
        assert_eq!(
            answer_bytes(b"HTTP/1.1 200 OK\r\ncontent-le").expect("no head yet"),
            None
        );
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe";
        assert_eq!(answer_bytes(answer).expect("a head"), Some(answer.len() + 3));
    }

    #[test]
    fn an_error_or_an_answer_without_length_stops_the_benchmark() {
        assert!(answer_bytes(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n").is_err());
        assert!(answer_bytes(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }

    #[test]
    fn the_request_states_its_length() {
        let text = String::from_utf8(request("h:1", "/p", "{}")).expect("text");
        assert!(
            text.starts_with("POST /p HTTP/1.1\r\nHost: h:1\r\n") && text.contains("Content-Length: 2\r\n")
        );
        assert!(text.ends_with("\r\n\r\n{}"));
    }
}
