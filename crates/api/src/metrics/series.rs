//! The samples of one metric, on their way to the page.

use super::{ENVIRONMENT, Kind, Metric};
use prometheus::{
    Histogram,
    core::Metric as _,
    proto::{self, LabelPair, MetricFamily, MetricType},
};

/// A value of a metric, which there need not be.
pub(super) trait Value {
    /// As the page has it; beyond 2^53 the last digits are lost.
    fn number(self) -> Option<f64>;
}

impl<V: Value> Value for Option<V> {
    fn number(self) -> Option<f64> {
        self.and_then(Value::number)
    }
}

impl Value for f64 {
    fn number(self) -> Option<f64> {
        Some(self)
    }
}

impl Value for u64 {
    fn number(self) -> Option<f64> {
        Some(self as f64)
    }
}

impl Value for i64 {
    fn number(self) -> Option<f64> {
        Some(self as f64)
    }
}

impl Value for usize {
    fn number(self) -> Option<f64> {
        Some(self as f64)
    }
}

/// The samples of a metric.
pub(super) struct Series {
    metric: &'static Metric,
    environment: LabelPair,
    samples: Vec<proto::Metric>,
}

impl Series {
    pub(super) fn of(metric: &'static Metric, environment: &str) -> Self {
        Self {
            metric,
            environment: pair(ENVIRONMENT, environment),
            samples: Vec::new(),
        }
    }

    /// Adds the value of a metric without labels, if there is one.
    pub(super) fn set(&mut self, value: impl Value) {
        self.add([], value);
    }

    /// Adds a value if there is one, with those of the labels in their order.
    pub(super) fn add<const N: usize>(&mut self, labels: [&str; N], value: impl Value) {
        let Some(value) = value.number() else { return };
        let mut sample = self.labelled(labels);
        match self.metric.kind {
            Kind::Counter => {
                let mut counter = proto::Counter::default();
                counter.set_value(value);
                sample.set_counter(counter);
            }
            Kind::Gauge | Kind::Histogram => {
                let mut gauge = proto::Gauge::default();
                gauge.set_value(value);
                sample.set_gauge(gauge);
            }
        }
        self.samples.push(sample);
    }

    /// Adds what a histogram has counted.
    pub(super) fn add_histogram<const N: usize>(&mut self, labels: [&str; N], histogram: &Histogram) {
        let mut sample = self.labelled(labels);
        sample.set_histogram(histogram.metric().get_histogram().clone());
        self.samples.push(sample);
    }

    fn labelled<const N: usize>(&self, values: [&str; N]) -> proto::Metric {
        let names = self.metric.labels.iter().map(|label| label.name);
        debug_assert_eq!(names.len(), N, "{} has other labels", self.metric.name);
        let mut pairs = vec![self.environment.clone()];
        pairs.extend(names.zip(values).map(|(name, value)| pair(name, value)));
        proto::Metric::from_label(pairs)
    }

    pub(super) fn finish(self) -> MetricFamily {
        let mut family = MetricFamily::default();
        family.set_name(self.metric.name.to_owned());
        family.set_help(self.metric.help.to_owned());
        family.set_field_type(match self.metric.kind {
            Kind::Counter => MetricType::COUNTER,
            Kind::Gauge => MetricType::GAUGE,
            Kind::Histogram => MetricType::HISTOGRAM,
        });
        family.set_metric(self.samples);
        family
    }
}

fn pair(name: &str, value: &str) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value.to_owned());
    pair
}
