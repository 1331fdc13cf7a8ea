import {
  AggregatorRegistry,
  type MetricObjectWithValues,
  type MetricValue,
  type Registry,
} from 'prom-client';

/** One process's metrics in a form that can be sent to another. */
export type MetricsJson = MetricObjectWithValues<MetricValue<string>>[];

/** Prometheus' text. */
export async function metricsAsText(registries: readonly Registry[]): Promise<string> {
  const texts = await Promise.all(registries.map((registry) => registry.metrics()));
  return texts.join('\n');
}

/** The same as data. */
export async function metricsAsJson(registries: readonly Registry[]): Promise<MetricsJson> {
  const lists = await Promise.all(registries.map((registry) => registry.getMetricsAsJSON()));
  return lists.flat();
}

/** Prometheus' text over several processes: counts are added up, of states the highest counts. */
export function sumAsText(processes: readonly MetricsJson[]): Promise<string> {
  return AggregatorRegistry.aggregate([...processes]).metrics();
}

/** Their counts alone, added up: what stays of processes that are gone, whose states went with them. */
export async function sumOfCounts(processes: readonly MetricsJson[]): Promise<MetricsJson> {
  const sum = await AggregatorRegistry.aggregate([...processes]).getMetricsAsJSON();
  return sum.filter(({ type }) => ['counter', 'histogram'].includes(String(type)));
}
