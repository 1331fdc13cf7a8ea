import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { parseConfig } from '../../src/app/config.ts';
import { listSettings, settings } from '../../src/app/settings.ts';

const read = (name: string) =>
  readFileSync(new URL(`../../deploy/${name}`, import.meta.url), 'utf8');
const settingNames = listSettings(settings).map(({ name }) => name);

const labels = z.record(z.string(), z.string());
const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.enum(['/health', '/ready']), port: z.literal('http') }),
  periodSeconds: z.number(),
  timeoutSeconds: z.number().optional(),
  failureThreshold: z.number(),
});
const amounts = z.strictObject({ cpu: z.string(), memory: z.string().regex(/^\d+Mi$/) });

/**
 * The parts of Kubernetes' schema that the manifest uses. It rejects all other names, such as
 * misspelled ones.
 */
const container = z.strictObject({
  name: z.string(),
  image: z.string().regex(/:\d+\.\d+\.\d+$/),
  imagePullPolicy: z.literal('IfNotPresent'),
  envFrom: z.array(
    z.union([
      z.strictObject({ configMapRef: z.strictObject({ name: z.string() }) }),
      z.strictObject({
        secretRef: z.strictObject({ name: z.string(), optional: z.literal(true) }),
      }),
    ]),
  ),
  ports: z.array(z.strictObject({ name: z.string(), containerPort: z.number() })),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  lifecycle: z.strictObject({
    preStop: z.strictObject({
      exec: z.strictObject({ command: z.tuple([z.literal('sleep'), z.string()]) }),
    }),
  }),
  resources: z.strictObject({ requests: amounts, limits: amounts }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    privileged: z.literal(false),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
});
const pod = z.strictObject({
  serviceAccountName: z.string(),
  automountServiceAccountToken: z.literal(false),
  terminationGracePeriodSeconds: z.number(),
  securityContext: z.strictObject({
    runAsNonRoot: z.literal(true),
    runAsUser: z.number().min(1),
    runAsGroup: z.number().min(1),
    seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
  }),
  topologySpreadConstraints: z.array(z.unknown()),
  containers: z.tuple([container]),
});
const deployment = z.strictObject({
  // `replicas` is not allowed here, because the autoscaler sets it.
  revisionHistoryLimit: z.number(),
  selector: z.strictObject({ matchLabels: labels }),
  strategy: z.unknown(),
  template: z.strictObject({
    metadata: z.strictObject({ labels, annotations: labels }),
    spec: pod,
  }),
});

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels: Record<string, string> };
  data?: Record<string, string>;
  spec: unknown;
}

const documents = parseAllDocuments(read('kubernetes.yaml'));
const manifests = documents.map((document) => document.toJS() as Manifest);
const the = (kind: string) => manifests.find((one) => one.kind === kind) as Manifest;
const specOf = <T>(kind: string) => the(kind).spec as T;
const deployed = () => deployment.parse(the('Deployment').spec);
const gateway = () => deployed().template.spec.containers[0];

/**
 * Returns the names of unknown settings, or `does not serve` if the program would not serve with
 * these settings. Throws for invalid values.
 */
function problemsOf(env: Record<string, string>): string[] {
  const unknown = Object.keys(env).filter((name) => !settingNames.includes(name));
  return parseConfig(env, []).name === 'serve' ? unknown : ['does not serve'];
}

describe('the Kubernetes manifest', () => {
  it('is valid YAML, with the right API version for each kind', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect(manifests.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)).toEqual([
      'v1 ConfigMap',
      'v1 ServiceAccount',
      'apps/v1 Deployment',
      'v1 Service',
      'autoscaling/v2 HorizontalPodAutoscaler',
      'policy/v1 PodDisruptionBudget',
    ]);
  });

  it('runs without root, privileges and a writable file system, within memory limits', () => {
    const { requests, limits } = gateway().resources;
    const megabytes = (amount: string) => Number.parseInt(amount, 10);
    expect(megabytes(requests.memory)).toBeLessThan(megabytes(limits.memory));
    const heap = /--max-old-space-size=(\d+)/.exec(
      readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8'),
    );
    expect(Number(heap?.[1])).toBeLessThan(megabytes(limits.memory));
  });

  it('checks the process for liveness, and GitLab for readiness only', () => {
    const { startupProbe, livenessProbe, readinessProbe } = gateway();
    expect(startupProbe.httpGet.path).toBe('/health');
    expect(livenessProbe.httpGet.path).toBe('/health');
    expect(readinessProbe.httpGet.path).toBe('/ready');
    // /ready may wait 3 s for GitLab, so the probe must wait longer.
    expect(readinessProbe.timeoutSeconds).toBeGreaterThan(3);
  });

  it('has a grace period that is long enough', () => {
    const { terminationGracePeriodSeconds } = deployed().template.spec;
    const wait = Number(gateway().lifecycle.preStop.exec.command[1]);
    const shutdown = Number(the('ConfigMap').data?.['SHUTDOWN_TIMEOUT']);
    expect(wait).toBeGreaterThan(0);
    expect(terminationGracePeriodSeconds).toBeGreaterThan(wait + shutdown);
  });

  it('has consistent names, labels and ports', () => {
    const { name, labels: own } = the('Deployment').metadata;
    expect(manifests.map(({ metadata }) => metadata)).toEqual(
      manifests.map(() => ({ name, labels: own })),
    );
    expect(deployed().selector.matchLabels).toEqual(own);
    expect(deployed().template.metadata.labels).toEqual(own);
    expect(specOf<{ selector: unknown }>('Service').selector).toEqual(own);
    expect(specOf<{ scaleTargetRef: unknown }>('HorizontalPodAutoscaler').scaleTargetRef).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      name,
    });
    const ports = gateway().ports.map((port) => [port.name, String(port.containerPort)]);
    expect(Object.fromEntries(ports)).toEqual({
      http: '4000',
      metrics: the('ConfigMap').data?.['METRICS_PORT'],
    });
    const { annotations } = deployed().template.metadata;
    expect(annotations['prometheus.io/port']).toBe(the('ConfigMap').data?.['METRICS_PORT']);
  });

  it('uses existing settings and contains no secrets', () => {
    expect(problemsOf(the('ConfigMap').data ?? {})).toEqual([]);
    expect(read('kubernetes.yaml')).not.toMatch(/^\s*[A-Z_]*(TOKEN|SECRET|PASSWORD)[A-Z_]*: *\S/m);
    expect(manifests.some(({ kind }) => kind === 'Secret')).toBe(false);
    expect(gateway().envFrom).toContainEqual({ secretRef: expect.anything() });
  });
});

describe('the compose file', () => {
  interface Service {
    environment?: Record<string, string>;
    read_only: boolean;
    user: string;
    cap_drop: string[];
    security_opt: string[];
    image: string;
    mem_limit: string;
    stop_grace_period?: string;
    depends_on?: Record<string, unknown>;
  }
  const { services } = parse(read('compose.yaml')) as { services: Record<string, Service> };

  it('runs the gateway and Redis without root, privileges and a writable file system', () => {
    expect(Object.keys(services)).toEqual(['gateway', 'redis']);
    for (const service of Object.values(services)) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
      expect(service.security_opt).toContain('no-new-privileges:true');
      expect(service.user).toMatch(/^[1-9]\d*:\d+$/);
      expect(service.mem_limit).toMatch(/^\d+m$/);
      expect(service.image).toMatch(/:[^:]+$/);
      expect(service.image).not.toMatch(/:latest$/);
    }
  });

  it('uses existing settings', () => {
    const { environment = {}, stop_grace_period: grace = '' } = services['gateway'] as Service;
    const given = Object.entries(environment).map(([name, value]) => [
      name,
      value
        .replace(/\$\{\w+:\?.*\}/, 'https://gitlab.example.com')
        .replace(/\$\{\w+:-(.*)\}/, '$1'),
    ]);
    expect(problemsOf(Object.fromEntries(given))).toEqual([]);
    expect(Number.parseInt(grace, 10)).toBeGreaterThan(Number(environment['SHUTDOWN_TIMEOUT']));
    expect(environment['REDIS_URL']).toBe('redis://redis:6379');
  });
});
