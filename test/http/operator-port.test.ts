import { expect, it } from 'vitest';
import { startGateway } from '../helpers/start-gateway.ts';
import { freePort } from '../webhooks/redis-server.ts';

it('METRICS_PORT serves the metrics, and the port of /graphql no longer does', async () => {
  const metricsPort = await freePort();
  const { url } = await startGateway({ config: { metricsPort } });
  const operators = `http://127.0.0.1:${metricsPort}`;
  const metrics = await fetch(`${operators}/metrics`);
  expect(await metrics.text()).toContain('gateway_operations_total');
  expect(metrics.headers.get('cache-control')).toBe('no-store');
  expect((await fetch(`${url}/metrics`)).status).toBe(404);
  expect((await fetch(`${operators}/graphql`)).status).toBe(404);
  expect((await fetch(`${operators}/metrics`, { method: 'POST' })).status).toBe(404);
});
