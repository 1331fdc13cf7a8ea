import { nameText } from './text.ts';

/* Converts values of GitLab to words for the answers of tools. */

const words: Readonly<Record<string, string>> = { SUCCESS: 'passed', FAILED: 'FAILED' };

/** Returns a status in words: `passed`, `FAILED`, `waiting for resource`. */
export const statusText = (status: string): string =>
  words[status] ?? status.toLowerCase().replaceAll('_', ' ');

/** Returns a duration: `40 s`, `12 min 5 s`, `3 h 4 min`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 120) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 120) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Returns a count with its noun: `1 job`, `2 jobs`. */
export const countText = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;

/** The fields of a job from which `pipelineText` describes the job's pipeline. */
interface PipelineSource {
  project: { fullPath: string };
  pipeline: { databaseId: string; status: string; ref: string | null } | null;
}

/** Returns the title of a pipeline: `pipeline 12 of group/app, ref main: passed`. */
export function pipelineText(job: PipelineSource | undefined): string {
  if (!job?.pipeline) return 'pipeline without jobs';
  const { databaseId, ref, status } = job.pipeline;
  const place = `${nameText(job.project.fullPath)}, ref ${nameText(ref)}`;
  return `pipeline ${databaseId} of ${place}: ${statusText(status)}`;
}

/** Returns a row of a log: `12 text`, or `| text` if the line number is null (unknown). */
export function logRow({ number, text }: { number: number | null; text: string }): string {
  return number === null ? `| ${text}` : `${number} ${text}`;
}

/** Formats a tool call for an answer that recommends the call: `wait(seconds: 50)`. */
export function callText(tool: string, args: Readonly<Record<string, unknown>>): string {
  const shown = Object.entries(args).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return `${tool}(${shown.join(', ')})`;
}
