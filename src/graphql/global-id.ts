import { isWholeNumber } from '../util/formats.ts';
import { badUserInput, quote } from './client-errors.ts';

/*
 * A global id is the base64url of `Type:part:part`, opaque to clients. For example, the id of job
 * 1001 of project 42 is the base64url of `Job:42:1001`. The global id of a bridge (trigger job)
 * also contains the id of its pipeline, because GitLab returns bridges only in the pipeline's list.
 */

/** A decoded global id. `project` is a numeric id, or a path if GitLab did not send the id. */
export type NodeRef =
  | { type: 'Job'; project: string; id: string }
  | { type: 'Bridge'; project: string; pipeline: string; id: string }
  | { type: 'Pipeline'; project: string; id: string }
  | { type: 'Project'; project: string };

/**
 * The parts of a global id, by type. Objects of some other types, such as User, also have a global
 * id, but cannot be read by it.
 */
const parts = {
  Job: ['project', 'id'],
  Bridge: ['project', 'pipeline', 'id'],
  Pipeline: ['project', 'id'],
  Project: ['project'],
} as const;

const MAX_LENGTH = 1024;
/** Matches a path of groups and a project, without the segments `.` and `..`. */
const PATH = /^(?!\.{1,2}(\/|$))[\w.-]+(\/(?!\.{1,2}(\/|$))[\w.-]+)+$/;

/** Returns whether a string is a 64-bit decimal id, without a sign or leading zeros. */
export function isNumericId(text: string): boolean {
  return isWholeNumber(text);
}

/** Returns whether a string can be a project's full path. */
export function isProjectPath(text: string): boolean {
  return text.length <= MAX_LENGTH && PATH.test(text);
}

/** Returns whether a string can be a project's numeric id or full path. */
export function isProjectName(text: string): boolean {
  return isNumericId(text) || isProjectPath(text);
}

/**
 * Returns a numeric id from an argument. Throws BAD_USER_INPUT for anything else. The message names
 * the argument as `what`.
 */
export function parseNumericId(text: string, what: string): string {
  if (isNumericId(text)) return text;
  throw badUserInput(`${what} must be GitLab's numeric id, such as "12345", not ${quote(text)}.`);
}

/**
 * Returns a project's full path or numeric id from an argument. Throws BAD_USER_INPUT for anything
 * else. The message names the argument as `what`.
 */
export function parseProject(text: string, what: string): string {
  if (isProjectName(text)) return text;
  throw badUserInput(
    `${what} must be a full path such as "group/project" or a project's number, not ${quote(text)}.`,
  );
}

/** Returns the global id of an object: `toGlobalId('Job', 42, 1001)` for job 1001 of project 42. */
export function toGlobalId(type: string, ...of: (string | number)[]): string {
  return Buffer.from([type, ...of].join(':')).toString('base64url');
}

function decode(globalId: string): string[] {
  if (globalId.length > MAX_LENGTH * 2) return [];
  const text = Buffer.from(globalId, 'base64url').toString();
  return toGlobalId(text) === globalId ? text.split(':') : [];
}

/**
 * Decodes a global id. Throws BAD_USER_INPUT if the id is malformed, or if objects of its type
 * cannot be read by id.
 */
export function parseGlobalId(globalId: string): NodeRef {
  const [type = '', ...values] = decode(globalId);
  const names = Object.hasOwn(parts, type) ? parts[type as keyof typeof parts] : undefined;
  const valid =
    names?.length === values.length &&
    values.every((value, at) =>
      names[at] === 'project' ? isProjectName(value) : isNumericId(value),
    );
  if (names && valid) {
    return { type, ...Object.fromEntries(names.map((name, at) => [name, values[at]])) } as NodeRef;
  }
  if (/^(Runner|RunnerManager|User|Commit|Agent)$/.test(type)) {
    throw badUserInput(
      `A ${type} cannot be read by its id: GitLab's Jobs API shows it only with a job.`,
    );
  }
  throw badUserInput(
    `${quote(globalId)} is not a global id of this gateway. Use the value of a field \`id\`, not GitLab's number.`,
  );
}

type RefOf<Type extends NodeRef['type']> = Extract<NodeRef, { type: Type }>;

/** Decodes the global id of a job or bridge. Throws BAD_USER_INPUT for the id of another type. */
export function parseJobId(globalId: string): RefOf<'Job' | 'Bridge'> {
  const ref = parseGlobalId(globalId);
  if (ref.type === 'Job' || ref.type === 'Bridge') return ref;
  throw badUserInput(`The id is that of a ${ref.type}; expected the id of a Job or a Bridge.`);
}

/** Decodes the global id of a pipeline. Throws BAD_USER_INPUT for the id of another type. */
export function parsePipelineId(globalId: string): RefOf<'Pipeline'> {
  const ref = parseGlobalId(globalId);
  if (ref.type === 'Pipeline') return ref;
  throw badUserInput(`The id is that of a ${ref.type}; expected the id of a Pipeline.`);
}
