import type { ArgBuilder } from '@pothos/core';
import type { Context } from '../context/context.ts';
import type { PipelineRef } from '../gitlab/client.ts';
import { isGitlabError, nullIfNotFound } from '../gitlab/errors.ts';
import { compareIds } from '../gitlab/lists/page-request.ts';
import type { Bridge as BridgeRow } from '../gitlab/rows.ts';
import type { BoardGap } from '../pipeline/board.ts';
import { BoardGapRef } from './board.ts';
import { downstreamOf } from './bridge.ts';
import { builder, type Types } from './builder.ts';
import { checkRange } from './client-errors.ts';
import { clampRows, costs, type ListCost } from './cost.ts';
import { toGlobalId } from './global-id.ts';
import { Bridge, Pipeline, type PipelineRow } from './refs.ts';

/** A pipeline that a trigger job started, directly or through other pipelines. */
interface DownstreamRow {
  pipeline: PipelineRow;
  /** The trigger job that started it. */
  bridge: BridgeRow;
  /**
   * Number of trigger jobs between the pipeline with the field `downstream` and this pipeline; at
   * least 1.
   */
  depth: number;
  /** Set if the trigger jobs of this pipeline could not be read. */
  gap?: BoardGap;
}

export const DownstreamPipeline = builder.objectRef<DownstreamRow>('DownstreamPipeline').implement({
  description: 'A pipeline that a trigger job started, directly or through other pipelines.',
  fields: (t) => ({
    pipeline: t.expose('pipeline', {
      type: Pipeline,
      nullable: false,
      extensions: costs({ leadsTo: 'pipeline', isForeign: true }),
      description:
        'The pipeline, which may belong to a project that the caller cannot read. Its ids, status, ref, sha, source, times and URL cost no further call.',
    }),
    bridge: t.expose('bridge', {
      type: Bridge,
      nullable: false,
      description: 'The trigger job that started it.',
    }),
    parentId: t.id({
      nullable: false,
      description: 'The global id of the pipeline of `bridge`.',
      resolve: ({ bridge }) => toGlobalId('Pipeline', bridge.project_id, bridge.pipeline_id ?? 0),
    }),
    depth: t.exposeInt('depth', {
      nullable: false,
      description: '1 for the pipelines that the pipeline itself started, 2 for those below them.',
    }),
    gap: t.expose('gap', {
      type: BoardGapRef,
      nullable: true,
      description:
        'Why the pipelines below it are missing: its trigger jobs could not be read. Null if they were read, or if `depth` or `first` excludes them.',
    }),
  }),
});

const MAX_DEPTH = 5;
const DEFAULT_DEPTH = 1;
const MAX_FIRST = 50;
const DEFAULT_FIRST = 20;

interface DownstreamArgs {
  depth?: number | null | undefined;
  first?: number | null | undefined;
}

const withDefaults = ({ depth, first }: DownstreamArgs) => ({
  depth: depth ?? DEFAULT_DEPTH,
  first: first ?? DEFAULT_FIRST,
});

/** Returns the arguments with defaults. Throws BAD_USER_INPUT if one of them is out of range. */
function parseArgs(args: DownstreamArgs) {
  const { depth, first } = withDefaults(args);
  return {
    depth: checkRange('depth', depth, { max: MAX_DEPTH }),
    first: checkRange('first', first, { max: MAX_FIRST }),
  };
}

/** Maximum lists of trigger jobs that are read concurrently. */
const CONCURRENCY = 4;

type Child = Pick<DownstreamRow, 'pipeline' | 'bridge'>;

/** Reads the pipelines that the trigger jobs of a pipeline started, oldest trigger job first. */
async function readChildren(context: Context, ref: PipelineRef): Promise<Child[]> {
  const bridges = await context.loaders.boards(ref).bridges();
  const sorted = [...bridges].sort((a, b) => compareIds(a.id, b.id));
  const children = sorted.map(async (bridge) => {
    const pipeline = await downstreamOf(bridge, context);
    return pipeline ? [{ pipeline, bridge }] : [];
  });
  return (await Promise.all(children)).flat();
}

/**
 * Reads the pipelines that the pipeline of `row` started. If a call fails or exceeds the call
 * budget, sets `row.gap` and returns an empty list.
 */
async function readBelow(context: Context, row: DownstreamRow): Promise<Child[]> {
  const { project_id: project, id } = row.pipeline;
  try {
    return await readChildren(context, { project, id: String(id) });
  } catch (error) {
    if (!isGitlabError(error)) throw error;
    row.gap = { part: 'BRIDGES', error };
    return [];
  }
}

/**
 * Reads the trigger jobs of the pipeline `ref`. `readDownstream` then makes no call for them. Null
 * if GitLab answers 404. Throws BAD_USER_INPUT for invalid arguments.
 */
export async function readFirstBridges(
  { loaders }: Context,
  ref: PipelineRef,
  args: DownstreamArgs,
): Promise<readonly BridgeRow[] | null> {
  parseArgs(args);
  return nullIfNotFound(loaders.boards(ref).bridges());
}

/**
 * Reads the pipelines that a pipeline started, directly or through other pipelines, nearest first.
 * Null if GitLab answers 404. If the trigger jobs of a started pipeline cannot be read, the `gap`
 * of that pipeline is set.
 */
export async function readDownstream(
  context: Context,
  ref: PipelineRef,
  args: DownstreamArgs,
): Promise<DownstreamRow[] | null> {
  const { depth: maxDepth, first } = parseArgs(args);
  const found: DownstreamRow[] = [];
  const seen = new Set([ref.id]);
  const add = (children: readonly Child[], depth: number) => {
    for (const child of children) {
      const id = String(child.pipeline.id);
      if (seen.has(id) || found.length === first) continue;
      seen.add(id);
      found.push({ ...child, depth });
    }
  };
  const children = await nullIfNotFound(readChildren(context, ref));
  if (!children) return null;
  add(children, 1);
  let parents = found;
  for (let depth = 2; depth <= maxDepth && parents.length > 0; depth++) {
    const known = found.length;
    for (let at = 0; at < parents.length && found.length < first; at += CONCURRENCY) {
      const batch = parents.slice(at, at + CONCURRENCY);
      for (const below of await Promise.all(batch.map((row) => readBelow(context, row)))) {
        add(below, depth);
      }
    }
    parents = found.slice(known);
  }
  return found;
}

const rowsOf = (args: DownstreamArgs) => clampRows(withDefaults(args).first, MAX_FIRST);

/**
 * The cost of `Pipeline.downstream`: one call for the trigger jobs of the pipeline itself. If
 * `depth` is more than 1, also one call for each pipeline that may be found. At most `first`
 * pipelines are found.
 */
export const downstreamCost: ListCost = {
  pages: (args) => 1 + (withDefaults(args).depth > 1 ? rowsOf(args) : 0),
  rows: rowsOf,
  limitedBy: () => 'first',
  readsRows: () => true,
  sentence:
    'Costs one call per 100 trigger jobs of each pipeline whose trigger jobs are read. If `depth` is 1, that is only the pipeline itself.',
};

export const downstreamArguments = (arg: ArgBuilder<Types>) => ({
  depth: arg.int({
    defaultValue: DEFAULT_DEPTH,
    description: `The number of levels (1 to ${MAX_DEPTH}). 1 returns the pipelines that the pipeline itself started.`,
  }),
  first: arg.int({
    defaultValue: DEFAULT_FIRST,
    description: `The maximum number of pipelines (1 to ${MAX_FIRST}). If the list is that long, further pipelines may be missing.`,
  }),
});
