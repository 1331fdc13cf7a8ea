import { offsetPage, pageResponse, readPageParams } from './pagination.ts';
import {
  type ParamReader,
  readBoolean,
  readChoice,
  readParams,
  readText,
  readTime,
} from './params.ts';
import type { PipelineRecord } from './records.ts';
import { type ApiRequest, findReadableProject } from './request.ts';
import type { ApiResponse } from './responses.ts';
import { createView, serializePipelineRow } from './serialize.ts';
import { pipelineStatus, scopeValues } from './statuses.ts';

/*
 * GET /projects/:id/pipelines (upstream.md §10).
 */

type Matches = (pipeline: PipelineRecord) => boolean;

const sources: ReadonlySet<string> = new Set([
  ...['unknown', 'push', 'web', 'trigger', 'schedule', 'api', 'external', 'pipeline', 'chat'],
  ...['webide', 'merge_request_event', 'external_pull_request_event', 'parent_pipeline'],
  ...['ondemand_dast_scan', 'ondemand_dast_validation', 'security_orchestration_policy'],
  ...['container_registry_push', 'duo_workflow', 'pipeline_execution_policy_schedule'],
]);

const scopeStatuses: Readonly<Record<string, readonly string[]>> = {
  running: ['running'],
  pending: ['pending'],
  finished: ['success', 'failed', 'canceled'],
};
const refScopes: Readonly<Record<string, boolean>> = { branches: false, tags: true };
const scopes = new Set([...Object.keys(scopeStatuses), ...Object.keys(refScopes)]);

/** Functions that return the sort key of a pipeline, by the value of `order_by`. */
const orders: Readonly<Record<string, (pipeline: PipelineRecord) => number | string>> = {
  id: ({ id }) => id,
  status: pipelineStatus,
  ref: ({ ref }) => ref,
  updated_at: ({ updatedAt }) => updatedAt,
  user_id: ({ user }) => user?.id ?? 0,
};
const orderNames = new Set(Object.keys(orders));
const directions = new Set(['asc', 'desc']);

/**
 * Returns the `scope` filter. `branches` and `tags` keep only the newest pipeline of each ref. The
 * simulator has no repository, so it treats all refs as existing.
 */
function hasScope(scope: string | undefined, pipelines: readonly PipelineRecord[]): Matches {
  if (scope === undefined) return () => true;
  const statuses = scopeStatuses[scope];
  if (statuses) return (pipeline) => statuses.includes(pipelineStatus(pipeline));
  const ofRefs = pipelines.filter(({ tag }) => tag === refScopes[scope]);
  const newest = new Map(ofRefs.map((pipeline) => [pipeline.ref, pipeline]));
  return (pipeline) => newest.get(pipeline.ref) === pipeline;
}

/**
 * Returns the filter by `<column>_after` and `<column>_before`. Both exclude the given time itself.
 */
function isWithin(
  reader: ParamReader,
  column: 'updated' | 'created',
): (pipeline: PipelineRecord) => boolean {
  const after = readTime(reader, `${column}_after`) ?? Number.NEGATIVE_INFINITY;
  const before = readTime(reader, `${column}_before`) ?? Number.POSITIVE_INFINITY;
  return ({ updatedAt, createdAt }) => {
    const time = column === 'updated' ? updatedAt : createdAt;
    return after < time && time < before;
  };
}

function hasYamlErrors(reader: ParamReader): Matches {
  if (readText(reader, 'yaml_errors') === undefined) return () => true;
  const expected = readBoolean(reader, 'yaml_errors');
  return ({ yamlErrors }) => (yamlErrors !== null) === expected;
}

const equals = (expected: string | undefined, actual: string | null | undefined) =>
  expected === undefined || expected === actual;

function readFilters(reader: ParamReader, { caps }: ApiRequest) {
  const status = readChoice(reader, 'status', scopeValues(caps));
  const source = readChoice(reader, 'source', sources);
  const [ref, sha, username, name] = ['ref', 'sha', 'username', 'name'].map((key) =>
    readText(reader, key),
  );
  const others = [isWithin(reader, 'updated'), isWithin(reader, 'created'), hasYamlErrors(reader)];
  const matches: Matches = (pipeline) =>
    equals(source, pipeline.source) &&
    equals(status, pipelineStatus(pipeline)) &&
    equals(ref, pipeline.ref) &&
    equals(sha, pipeline.sha) &&
    equals(username, pipeline.user?.username) &&
    equals(name, pipeline.name) &&
    others.every((isMatch) => isMatch(pipeline));
  return {
    matches,
    source,
    scope: readChoice(reader, 'scope', scopes),
    orderBy: readChoice(reader, 'order_by', orderNames) ?? 'id',
    sort: readChoice(reader, 'sort', directions) ?? 'desc',
  };
}

/**
 * Sorts pipelines so that the first page is at the end, because offset pages are read from the end.
 */
function inOrder(
  pipelines: readonly PipelineRecord[],
  { orderBy, sort }: { orderBy: string; sort: string },
): readonly PipelineRecord[] {
  const keyOf = orders[orderBy];
  if (keyOf === undefined || (orderBy === 'id' && sort === 'desc')) return pipelines;
  const sign = sort === 'desc' ? 1 : -1;
  return [...pipelines].sort((a, b) => {
    const [left, right] = [keyOf(a), keyOf(b)];
    if (left === right) return sign * (a.id - b.id);
    return left < right ? -sign : sign;
  });
}

/** Lists a project's pipelines. Includes child pipelines only if `source` is `parent_pipeline`. */
export function listPipelines(request: ApiRequest): ApiResponse {
  const { matches, source, scope, paging, ...order } = readParams(request, (reader) => ({
    ...readFilters(reader, request),
    paging: readPageParams(reader, request.caps),
  }));
  const project = findReadableProject(request, 'read_pipelines');
  const withChildren = source === 'parent_pipeline';
  const pipelines = project.pipelines.filter(
    (pipeline) => withChildren || pipeline.source !== 'parent_pipeline',
  );
  const inScope = hasScope(scope, pipelines);
  const page = offsetPage(request, inOrder(pipelines, order), {
    ...paging,
    matches: (pipeline) => matches(pipeline) && inScope(pipeline),
    totals: true,
    declared: { order_by: order.orderBy, sort: order.sort },
  });
  const view = createView(request);
  return pageResponse(page, (pipeline) => serializePipelineRow(pipeline, view));
}
