//! What Prometheus scrapes, as OTLP has it: the same names, labels and values (ADR 0005). And exemplars: values that
//! say which trace they come from.

use std::iter;
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1 as otlp;
use opentelemetry_proto::tonic::resource::v1::Resource as WireResource;
use opentelemetry_sdk::Resource;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::prometheus_protobuf::{encode, prometheus_data_model as prom};
use prometheus_client::metrics::exemplar::HistogramWithExemplars;
use prometheus_client::registry::Registry;

use crate::context::TraceContext;

/// A histogram whose buckets remember the trace of their last value.
pub type TracedHistogram = HistogramWithExemplars<TraceLabels>;

/// Labels of an exemplar, as Prometheus and Grafana look for them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct TraceLabels {
    trace_id: String,
    span_id: String,
}

impl TraceLabels {
    /// `None` for a trace that is not recorded: nobody would find it.
    pub fn of(context: &TraceContext) -> Option<Self> {
        context.is_sampled.then(|| Self { trace_id: context.trace_text(), span_id: context.span_text() })
    }
}

/// Makes messages of what a registry shows.
pub(crate) struct Points {
    resource: WireResource,
    /// Since when counters count, nanoseconds of the epoch.
    since: u64,
}

impl Points {
    pub(crate) fn new(resource: &Resource) -> Self {
        let attribute =
            |(key, value): (&opentelemetry::Key, &opentelemetry::Value)| text(key.as_str(), &value.as_str());
        let resource = WireResource { attributes: resource.iter().map(attribute).collect(), ..WireResource::default() };
        Self { resource, since: now() }
    }

    /// Everything at once; `None` where a value cannot be encoded.
    pub(crate) fn of(&self, registry: &Registry) -> Option<ExportMetricsServiceRequest> {
        let families = encode(registry).ok()?;
        let at = now();
        let scope_metrics = otlp::ScopeMetrics {
            scope: Some(InstrumentationScope { name: "portway".to_owned(), ..InstrumentationScope::default() }),
            metrics: families.into_iter().filter_map(|family| self.metric(family, at)).collect(),
            ..otlp::ScopeMetrics::default()
        };
        Some(ExportMetricsServiceRequest {
            resource_metrics: vec![otlp::ResourceMetrics {
                resource: Some(self.resource.clone()),
                scope_metrics: vec![scope_metrics],
                ..otlp::ResourceMetrics::default()
            }],
        })
    }

    fn metric(&self, family: prom::MetricFamily, at: u64) -> Option<otlp::Metric> {
        let cumulative = otlp::AggregationTemporality::Cumulative.into();
        let series = family.metric.iter();
        let data = match family.r#type() {
            prom::MetricType::Counter => otlp::metric::Data::Sum(otlp::Sum {
                data_points: series.filter_map(|one| Some(self.sum(one, one.counter.as_ref()?, at))).collect(),
                aggregation_temporality: cumulative,
                is_monotonic: true,
            }),
            prom::MetricType::Gauge => otlp::metric::Data::Gauge(otlp::Gauge {
                data_points: series.filter_map(|one| Some(point(one, one.gauge.as_ref()?.value, at))).collect(),
            }),
            prom::MetricType::Histogram => otlp::metric::Data::Histogram(otlp::Histogram {
                data_points: series.filter_map(|one| Some(self.buckets(one, one.histogram.as_ref()?, at))).collect(),
                aggregation_temporality: cumulative,
            }),
            _ => return None,
        };
        // Who makes Prometheus names of it again puts it back.
        let name = family.name.strip_suffix("_total").unwrap_or(&family.name).to_owned();
        let (description, unit) = (family.help, family.unit);
        Some(otlp::Metric { name, description, unit, metadata: Vec::new(), data: Some(data) })
    }

    fn sum(&self, metric: &prom::Metric, counter: &prom::Counter, at: u64) -> otlp::NumberDataPoint {
        otlp::NumberDataPoint { start_time_unix_nano: self.since, ..point(metric, counter.value, at) }
    }

    fn buckets(&self, metric: &prom::Metric, histogram: &prom::Histogram, at: u64) -> otlp::HistogramDataPoint {
        let buckets = &histogram.bucket;
        let below = iter::once(0).chain(buckets.iter().map(|bucket| bucket.cumulative_count));
        let counts = buckets.iter().zip(below).map(|(bucket, below)| bucket.cumulative_count.saturating_sub(below));
        otlp::HistogramDataPoint {
            attributes: attributes(metric),
            start_time_unix_nano: self.since,
            time_unix_nano: at,
            count: histogram.sample_count,
            sum: Some(histogram.sample_sum),
            bucket_counts: counts.collect(),
            // The last one has none: it takes everything above.
            explicit_bounds: buckets
                .iter()
                .map(|bucket| bucket.upper_bound)
                .filter(|bound| bound.is_finite())
                .collect(),
            exemplars: buckets.iter().filter_map(|bucket| exemplar(bucket.exemplar.as_ref()?)).collect(),
            ..otlp::HistogramDataPoint::default()
        }
    }
}

fn point(metric: &prom::Metric, value: f64, at: u64) -> otlp::NumberDataPoint {
    otlp::NumberDataPoint {
        attributes: attributes(metric),
        time_unix_nano: at,
        value: Some(otlp::number_data_point::Value::AsDouble(value)),
        ..otlp::NumberDataPoint::default()
    }
}

fn exemplar(exemplar: &prom::Exemplar) -> Option<otlp::Exemplar> {
    let label = |name| exemplar.label.iter().find(|label| label.name == name).map(|label| label.value.as_str());
    let context = TraceContext::of_text(label("trace_id")?, label("span_id")?)?;
    let at = exemplar.timestamp.as_ref()?;
    let nanos = u64::try_from(at.seconds).ok()? * 1_000_000_000 + u64::try_from(at.nanos).ok()?;
    Some(otlp::Exemplar {
        time_unix_nano: nanos,
        span_id: context.span_id.to_vec(),
        trace_id: context.trace_id.to_vec(),
        value: Some(otlp::exemplar::Value::AsDouble(exemplar.value)),
        ..otlp::Exemplar::default()
    })
}

fn attributes(metric: &prom::Metric) -> Vec<KeyValue> {
    metric.label.iter().map(|label| text(&label.name, &label.value)).collect()
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(any_value::Value::StringValue(value.to_owned())) };
    KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
}

#[expect(clippy::disallowed_methods, reason = "when a point was taken is no business time")]
fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use prometheus_client::metrics::counter::Counter;
    use prometheus_client::metrics::family::Family;
    use prometheus_client::metrics::gauge::Gauge;

    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn points(registry: &Registry) -> Vec<otlp::Metric> {
        let resource = Resource::builder_empty().with_service_name("x").build();
        let mut request = Points::new(&resource).of(registry).unwrap();
        request.resource_metrics.remove(0).scope_metrics.remove(0).metrics
    }

    #[test]
    fn counters_and_gauges() {
        let mut registry = Registry::with_prefix("portway");
        let (calls, open) = (Family::<Vec<(String, String)>, Counter>::default(), Gauge::<i64>::default());
        registry.register("calls", "Calls", calls.clone());
        registry.register("open", "Open", open.clone());
        calls.get_or_create(&vec![("outcome".to_owned(), "ok".to_owned())]).inc_by(3);
        open.set(-2);
        let metrics = points(&registry);
        let Some(otlp::metric::Data::Sum(sum)) = &metrics[0].data else { panic!("{metrics:?}") };
        assert_eq!((metrics[0].name.as_str(), sum.is_monotonic), ("portway_calls", true));
        assert_eq!(sum.data_points[0].value, Some(otlp::number_data_point::Value::AsDouble(3.0)));
        assert_eq!(sum.data_points[0].attributes, [text("outcome", "ok")]);
        let Some(otlp::metric::Data::Gauge(gauge)) = &metrics[1].data else { panic!("{metrics:?}") };
        assert_eq!(gauge.data_points[0].value, Some(otlp::number_data_point::Value::AsDouble(-2.0)));
    }

    #[test]
    fn histograms_and_their_exemplars() {
        let mut registry = Registry::default();
        let took = TracedHistogram::new([0.1, 1.0].into_iter());
        registry.register("took", "Took", took.clone());
        let context = TraceContext::parse(PARENT).unwrap();
        took.observe(0.05, None, None);
        took.observe(0.5, TraceLabels::of(&context), Some(UNIX_EPOCH + std::time::Duration::from_millis(1_500)));
        took.observe(7.0, TraceLabels::of(&TraceContext { is_sampled: false, ..context }), None);
        let metrics = points(&registry);
        let Some(otlp::metric::Data::Histogram(histogram)) = &metrics[0].data else { panic!("{metrics:?}") };
        let point = &histogram.data_points[0];
        assert_eq!((point.count, point.sum), (3, Some(7.55)));
        assert_eq!(point.bucket_counts, [1, 1, 1], "each bucket counts its own");
        assert_eq!(point.explicit_bounds, [0.1, 1.0]);
        assert_eq!(point.exemplars.len(), 1, "of a trace that is recorded");
        assert_eq!(point.exemplars[0].trace_id, context.trace_id);
        assert_eq!(point.exemplars[0].time_unix_nano, 1_500_000_000);
        let mut page = String::new();
        prometheus_client::encoding::text::encode(&mut page, &registry).unwrap();
        assert!(page.contains(r#"# {trace_id="4bf92f3577b34da6a3ce929d0e0e4736""#), "{page}");
    }
}
