import type { LogScript } from './records.ts';

/*
 * Logs as a runner prints them (upstream.md §7): ANSI colours, section markers, progress bars
 * drawn over with \r, and on newer runners a time stamp before every line.
 */

const esc = '\u001b';
const clear = `${esc}[0K`;

/** Colours as the runner and common tools use them. */
export const paint = {
  green: (text: string) => `${esc}[32;1m${text}${esc}[0;m`,
  red: (text: string) => `${esc}[31;1m${text}${esc}[0;m`,
  cyan: (text: string) => `${esc}[36;1m${text}${esc}[0;m`,
  yellow: (text: string) => `${esc}[33m${text}${esc}[39m`,
  grey: (text: string) => `${esc}[90m${text}${esc}[39m`,
  violet: (text: string) => `${esc}[38;5;141m${text}${esc}[0m`,
};

/** A section of a log: its name, its heading, its lines. */
interface Section {
  readonly name: string;
  readonly heading: string;
  readonly collapsed?: boolean;
  readonly lines: readonly string[];
}

/** What a job's script does: commands with what they print. */
export interface JobLog {
  readonly image: string;
  readonly commands: readonly { readonly run: string; readonly prints: readonly string[] }[];
  /** Files uploaded at the end. */
  readonly uploads?: readonly string[];
  /** How it fails: `: exit code 1`. Absent = it goes well. */
  readonly failure?: string;
  /** Every line stamped, as runners do by default since 18.7. */
  readonly stamped?: boolean;
}

function preparation(image: string): Section[] {
  return [
    {
      name: 'prepare_executor',
      heading: 'Preparing the "docker" executor',
      collapsed: true,
      lines: [
        `Using Docker executor with image ${image} ...`,
        `Pulling docker image ${image} ...`,
        `Using docker image sha256:4c1f6e0d for ${image} with digest ${image}@sha256:9be4 ...`,
      ],
    },
    {
      name: 'prepare_script',
      heading: 'Preparing environment',
      collapsed: true,
      lines: ['Running on runner-8f1d2c3b-project-101-concurrent-0 via shared-runner-1...'],
    },
    {
      name: 'get_sources',
      heading: 'Getting source from Git repository',
      collapsed: true,
      lines: [
        paint.green('Fetching changes with git depth set to 20...'),
        'Reinitialized existing Git repository in /builds/acme/shop/web/.git/',
        paint.green('Checking out as detached HEAD (ref is main)...'),
        'Skipping Git submodules setup',
      ],
    },
  ];
}

function script({ commands }: JobLog): Section {
  const lines = commands.flatMap(({ run, prints }) => [paint.green(`$ ${run}`), ...prints]);
  return {
    name: 'step_script',
    heading: 'Executing "step_script" stage of the job script',
    lines,
  };
}

function ending({ uploads = [], failure }: JobLog): Section[] {
  const state = failure === undefined ? 'success' : 'failure';
  const upload = {
    name: `upload_artifacts_on_${state}`,
    heading: `Uploading artifacts for ${failure === undefined ? 'successful' : 'failed'} job`,
    lines: uploads.map((file) => `${file}: found 1 matching artifact files and directories`),
  };
  const cleanUp = {
    name: 'cleanup_file_variables',
    heading: 'Cleaning up project directory and file based variables',
    lines: [],
  };
  return [...(uploads.length > 0 ? [upload] : []), cleanUp];
}

/** A line, or a part of one that ends in \r; markers need the time they are printed at. */
type Piece = (unixSeconds: number) => string;

function sectionPieces({ name, heading, collapsed = false, lines }: Section): Piece[] {
  const options = collapsed ? '[collapsed=true]' : '';
  return [
    (time) =>
      `section_start:${time}:${name}${options}\r${clear}${clear}${paint.cyan(heading)}${esc}[0;m\n`,
    ...lines.map((line) => () => (line.endsWith('\r') ? line : `${line}\n`)),
    (time) => `section_end:${time}:${name}\r${clear}`,
  ];
}

function verdict(failure: string | undefined): string {
  if (failure === undefined) return paint.green('Job succeeded');
  return paint.red(`ERROR: Job failed${failure}`);
}

function piecesOf(log: JobLog): Piece[] {
  const sections = [...preparation(log.image), script(log), ...ending(log)];
  return [
    () => `${clear}Running with gitlab-runner 18.6.0 (abcdef12)${esc}[0;m\n`,
    () =>
      `${clear}  on shared-runner-1.example.com 8f1d2c3b, system ID: s_8f1d2c3b4a59${esc}[0;m\n`,
    ...sections.flatMap(sectionPieces),
    () => `${verdict(log.failure)}\n`,
  ];
}

/** The 32 bytes that newer runners put before a line; `+` joins it to the line before (§7). */
function stamp(ms: number, isContinued: boolean): string {
  const time = new Date(ms).toISOString().replace('Z', '412Z');
  return `${time} 01O${isContinued ? '+' : ' '}`;
}

function stamped(pieces: readonly string[], timeAt: (at: number) => number): string[] {
  let isContinued = false;
  return pieces.map((piece, at) => {
    const line = `${stamp(timeAt(at), isContinued)}${piece.replace(/\n$/, '')}\n`;
    isContinued = !piece.endsWith('\n');
    return line;
  });
}

/** A log spread over the time its job runs. */
export function scriptOf(log: JobLog): LogScript {
  const pieces = piecesOf(log);
  return (startedAt, runMs) => {
    const timeAt = (at: number) => Math.floor(startedAt + (runMs * at) / pieces.length);
    const texts = pieces.map((piece, at) => piece(Math.floor(timeAt(at) / 1_000)));
    return log.stamped === true ? stamped(texts, timeAt) : texts;
  };
}

/** A progress bar that is drawn over and over; only the last state stays on the screen. */
export function progress(label: string, steps: number): string[] {
  return Array.from({ length: steps }, (_, at) => {
    const share = Math.round(((at + 1) / steps) * 100);
    const bar = '█'.repeat(Math.round(share / 5)).padEnd(20, '░');
    const text = `${label} ${paint.violet(bar)} ${String(share).padStart(3)}%`;
    return at + 1 === steps ? text : `${text}\r`;
  });
}
