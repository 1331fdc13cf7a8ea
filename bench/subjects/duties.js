/*
 * Adds to Mercurius what the gateway does for each operation besides its execution: a log line, a histogram and
 * a limit of the depth. Used only if the environment variable DUTIES is set. rows.js adds the validation of rows.
 */
import pino from 'pino';
import { Histogram } from 'prom-client';

/**
 * Adds a hook that writes a log line and observes a histogram after each response. Returns the option of Mercurius
 * that limits the depth.
 */
export function addDuties(app) {
  const log = pino(pino.destination({ minLength: 4_096, sync: false }));
  const durations = new Histogram({
    name: 'operation_duration_seconds',
    help: 'Duration of operations',
    labelNames: ['operation', 'outcome'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  });
  app.addHook('onResponse', async (request, reply) => {
    const { operationName = '' } = request.body ?? {};
    const outcome = reply.statusCode === 200 ? 'ok' : 'error';
    const durationMs = reply.elapsedTime;
    durations.observe({ operation: operationName, outcome }, durationMs / 1000);
    log.info({ requestId: request.id, operationName, outcome, durationMs }, 'operation');
  });
  return { queryDepth: 16 };
}
