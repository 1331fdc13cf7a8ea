import { badUserInput } from './client-errors.ts';

/*
 * Global ids: opaque to clients, base64url of `Type:part:part` inside. A job's parts are its
 * project's numeric id and its own; a bridge carries its pipeline too, because GitLab reads a bridge
 * only through the pipeline's list.
 */

/** What a global id names, decoded. `project` is the numeric id, or a path where a server left the number out. */
export type NodeRef =
  | { type: 'Job'; project: string; id: string }
  | { type: 'Bridge'; project: string; pipeline: string; id: string }
  | { type: 'Pipeline'; project: string; id: string }
  | { type: 'Project'; project: string };

/** Names of id parts per type; what is not here has an id but cannot be read by it. */
const parts = {
  Job: ['project', 'id'],
  Bridge: ['project', 'pipeline', 'id'],
  Pipeline: ['project', 'id'],
  Project: ['project'],
} as const;

const MAX_LENGTH = 1024;
/** GitLab's ids are 64-bit and positive. */
const NUMBER = /^(0|[1-9]\d{0,18})$/;
const MAX_ID = 2n ** 63n - 1n;
/** Characters of GitLab's group and project paths; no segment is `.` or `..`. */
const PATH = /^(?!\.{1,2}(\/|$))[\w.-]+(\/(?!\.{1,2}(\/|$))[\w.-]+)+$/;

/** Whether the text is a 64-bit decimal id, as GitLab writes them: no sign, no leading zero. */
export function isNumericId(text: string): boolean {
  return NUMBER.test(text) && BigInt(text) <= MAX_ID;
}

/** Whether the text can name a project: its numeric id, or its full path. */
export function isProjectName(text: string): boolean {
  return text.length <= MAX_LENGTH && (isNumericId(text) || PATH.test(text));
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** Takes GitLab's own id of a job or pipeline from an argument, or says what would be right. */
export function parseNumericId(text: string, what: string): string {
  if (isNumericId(text)) return text;
  throw badUserInput(
    `${what} must be GitLab's number of it, such as "12345", not ${quoted(text)}.`,
  );
}

/** Takes a project's full path or numeric id from an argument, or says what would be right. */
export function parseProject(text: string, what: string): string {
  if (isProjectName(text)) return text;
  throw badUserInput(
    `${what} must be a full path such as "group/project" or a project's number, not ${quoted(text)}.`,
  );
}

/** Makes the global id of anything: `toGlobalId('Job', 42, 1001)`. */
export function toGlobalId(type: string, ...of: (string | number)[]): string {
  return Buffer.from([type, ...of].join(':')).toString('base64url');
}

function decode(globalId: string): string[] {
  if (globalId.length > MAX_LENGTH * 2) return [];
  const text = Buffer.from(globalId, 'base64url').toString();
  return toGlobalId(text) === globalId ? text.split(':') : [];
}

/** Reads a global id back; BAD_USER_INPUT for anything this gateway did not make. */
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
  throw badUserInput(`${quoted(globalId)} is not an id that this gateway gave out.`);
}

/** Reads the global id of a job or bridge for a mutation; any other kind of id is BAD_USER_INPUT. */
export function parseJobId(globalId: string): Extract<NodeRef, { type: 'Job' | 'Bridge' }> {
  const ref = parseGlobalId(globalId);
  if (ref.type === 'Job' || ref.type === 'Bridge') return ref;
  throw badUserInput(`The id is that of a ${ref.type}; expected the id of a Job or a Bridge.`);
}
