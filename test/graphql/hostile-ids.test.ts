import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs, sample } from '../helpers/runs.ts';
import { type Answer, at, type Started, startGateway, textAt } from '../helpers/start-gateway.ts';
import { codePoint } from '../helpers/strings.ts';
import { smallWorld, tokens } from '../helpers/worlds.ts';

const start = () => startGateway({ simulator: { world: smallWorld() }, token: tokens.alice });

const encode = (text: string) => Buffer.from(text).toString('base64url');

const hostile = [
  '',
  ' ',
  '.',
  '..',
  '../../x',
  '../../user',
  '..%2f..%2fuser',
  '%2e%2e/%2e%2e/user',
  '/',
  '//',
  'a//b',
  '/group/app',
  'group/app/',
  'group/../app',
  'group/./app',
  './group/app',
  'group/app/..',
  'group\\app',
  'group%2Fapp',
  'group%252Fapp',
  '1?x=1',
  'group/app?x=1',
  '1#x',
  '1/jobs',
  '1;x',
  '1&private_token=x',
  '1e3',
  '0x10',
  '1.5',
  '1_000',
  '+1',
  '-1',
  '01',
  '1 ',
  ' 1',
  '1\n',
  '1\r\nX-Evil: yes',
  'group/app\n',
  '1\u0000',
  '\u0000',
  '9223372036854775808',
  '99999999999999999999999999',
  '٤٢',
  '４２',
  'grüppe/äpp',
  '🎉/🎉',
  'group/\u202eapp',
  '\ud800',
  'NaN',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  '[object Object]',
  '1,2',
  '1 OR 1=1',
  '"}',
  '#{7*7}',
  'x'.repeat(10_240),
  '9'.repeat(10_240),
  `group/${'a'.repeat(10_240)}`,
  'a/'.repeat(600),
  'gid://gitlab/Ci::Build/1001',
  encode('Job:42'),
  encode('Job:42:1001:7'),
  encode('Job:42:../user'),
  encode('Job:..:1001'),
  encode('Job:../..:1001'),
  encode('Job:42:1e3'),
  encode('Job:42:-1'),
  encode('Job::'),
  encode('Job:42:1001\n'),
  encode('Job:group/app?x:1001'),
  encode('Bridge:42:..:1003'),
  encode('Bridge:42:700'),
  encode('Pipeline:42:700/jobs'),
  encode('Project:..'),
  encode('__proto__:1'),
  encode('toString:1:2'),
  `${encode('Job:42:1001')}=`,
  `${encode('Job:42:1001')} `,
  encode('job:42:1001'),
];

/**
 * All arguments that take an id, a path, a text to filter by, a cursor or a URL. `allowed` matches
 * the only calls that an argument may cause, for any value; null if it must cause no call.
 */
const arguments_: [name: string, query: string, allowed: RegExp | null][] = [
  [
    'job.project',
    '{ job(project: $x, id: "1001") { name } }',
    /^GET \/projects\/[\w.%-]+\/jobs\/1001$/,
  ],
  ['job.id', '{ job(project: "42", id: $x) { name } }', /^GET \/projects\/42\/jobs\/\d+$/],
  [
    'job.id of a log',
    '{ job(project: "42", id: $x) { trace { byteSize } } }',
    /^GET \/projects\/42\/jobs\/\d+\/trace$/,
  ],
  [
    'pipeline.project',
    '{ pipeline(project: $x, id: "700") { status jobs { totalCount } } }',
    /^GET \/projects\/[\w.%-]+\/pipelines\/700(\/jobs\?page=1&per_page=1)?$/,
  ],
  [
    'pipeline.id',
    '{ pipeline(project: "42", id: $x) { bridges { totalCount } } }',
    /^GET \/projects\/42\/pipelines\/\d+\/bridges\?page=1&per_page=1$/,
  ],
  [
    'project.fullPath',
    '{ project(fullPath: $x) { name jobs(first: 1) { nodes { name } } } }',
    /^GET \/projects\/[\w.%-]+(\/jobs\?pagination=keyset&per_page=1.*)?$/,
  ],
  [
    'Project.job.id',
    '{ project(fullPath: "42") { job(id: $x) { name } } }',
    /^GET \/projects\/42\/jobs\/\d+$/,
  ],
  [
    'Project.pipeline.id',
    '{ project(fullPath: "42") { name pipeline(id: $x) { status } } }',
    /^GET \/projects\/42(\/pipelines\/\d+)?$/,
  ],
  ['projects.fullPaths', '{ projects(fullPaths: [$x]) { name } }', /^GET \/projects\/[\w.%-]+$/],
  ['node.id', '{ node(id: $x) { id } }', null],
  ['nodes.ids', '{ nodes(ids: [$x]) { id } }', null],
  ['jobCancel.id', 'mutation jobCancel', null],
  ['jobRetry.id', 'mutation jobRetry', null],
  ['jobErase.id', 'mutation jobErase', null],
  ['jobPlay.id', 'mutation jobPlay', null],
  ['pipelineRetry.id', 'mutation pipelineRetry', null],
  ['pipelineCancel.id', 'mutation pipelineCancel', null],
  [
    'Project.jobs.after',
    '{ project(fullPath: "42") { jobs(after: $x) { nodes { name } } } }',
    null,
  ],
  [
    'Project.jobs.before',
    '{ project(fullPath: "42") { jobs(last: 1, before: $x) { nodes { name } } } }',
    null,
  ],
  [
    'Pipeline.jobs.after',
    '{ pipeline(project: "42", id: 700) { jobs(after: $x) { nodes { name } } } }',
    null,
  ],
  [
    'Pipeline.bridges.before',
    '{ pipeline(project: "42", id: 700) { bridges(last: 1, before: $x) { nodes { name } } } }',
    null,
  ],
  [
    'Project.jobs.ref',
    '{ project(fullPath: "42") { jobs(ref: $x) { totalCount } } }',
    /^GET \/projects\/42\/jobs\?(ref=[^&]+&)?page=1&per_page=1$/,
  ],
  [
    'Project.pipelines.ref',
    '{ project(fullPath: "42") { pipelines(ref: $x) { totalCount } } }',
    /^GET \/projects\/42\/pipelines\?(ref=[^&]+&)?page=1&per_page=1$/,
  ],
  [
    'Project.pipelines.source',
    '{ project(fullPath: "42") { pipelines(source: $x) { totalCount } } }',
    /^GET \/projects\/42\/pipelines\?(source=[^&]+&)?page=1&per_page=1$/,
  ],
  [
    'Project.pipelines.sha',
    '{ project(fullPath: "42") { pipelines(sha: $x) { totalCount } } }',
    /^GET \/projects\/42\/pipelines\?(sha=[\da-f]+&)?page=1&per_page=1$/,
  ],
  [
    'Project.pipelines.after',
    '{ project(fullPath: "42") { pipelines(after: $x) { nodes { name } } } }',
    null,
  ],
  ['resource.url', '{ resource(url: $x) { id } }', null],
];

function operation(name: string, query: string): string {
  const mutation = /^mutation (\w+)$/.exec(query)?.[1];
  if (mutation) {
    return `mutation ($x: ID!) { ${mutation}(input: { id: $x }) { errors { code } } }`;
  }
  const type = /after|before|url|ref|source|sha/.test(name) ? 'String!' : 'ID!';
  return `query ($x: ${type}) ${query}`;
}

/** Returns whether all errors are about the input. */
function blamesTheInput({ errors = [] }: Answer): boolean {
  return errors.every(({ extensions, message }) => {
    return extensions['code'] === 'BAD_USER_INPUT' && message.length < 400;
  });
}

async function check(
  { query, calls, bugs }: Started,
  [name, text, allowed]: (typeof arguments_)[number],
  x: string,
): Promise<void> {
  const answer = await query(operation(name, text), { variables: { x } });
  const made = calls();
  const strange = made.filter((call) => !allowed?.test(call));
  const blamed = blamesTheInput(answer) || answer;
  // Includes `x` in the comparison, so that a failure shows the argument.
  expect({ x, strange, blamed }).toEqual({ x, strange: [], blamed: true });
  expect(bugs).toEqual([]);
  if (made.length === 0) expect(answer.errors?.length).toBe(1);
}

it('An id that is not a number is refused with an example of what would be right', async () => {
  const { query } = await start();
  const { errors } = await query('{ job(project: "42", id: "unit") { name } }');
  expect(errors?.map(({ message }) => message)).toEqual([
    '`id` must be GitLab\'s numeric id, such as "12345", not "unit".',
  ]);
});

describe.each(arguments_)('%s', (...argument) => {
  it('calls only its own endpoint, whatever the argument', async () => {
    const started = await start();
    const shift = arguments_.findIndex(([name]) => name === argument[0]);
    for (const x of sample(hostile, { step: 3, shift })) await check(started, argument, x);
  });
});

/** Generates texts that look like ids, paths or global ids, but are often invalid. */
const anything = fc.oneof(
  fc.string({ unit: codePoint, maxLength: 60 }),
  fc.stringMatching(/^[a-z0-9./%?#:\\-]{0,20}$/),
  fc.stringMatching(/^[\w.-]{1,8}(\/[\w.-]{1,8}){0,3}$/),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc
    .array(fc.constantFrom('..', '.', '', '/', '%2F', 'jobs', '42', '-', '\u0000', '?'))
    .map((parts) => parts.join('/')),
  fc
    .tuple(
      fc.constantFrom('Job', 'Bridge', 'Pipeline', 'Project', 'User'),
      fc.array(fc.oneof(fc.nat().map(String), fc.string({ maxLength: 8 }), fc.constant('..')), {
        maxLength: 4,
      }),
    )
    .map(([type, parts]) => encode([type, ...parts].join(':'))),
);

/** `read` matches the calls that queries may make, `write` the calls that mutations may make. */
const read =
  /^GET \/projects\/[\w.%-]+(\/jobs(\/\d+(\/trace)?)?|\/pipelines(\/\d+(\/jobs|\/bridges)?)?)?(\?[\w=&%.[\]!'()*~-]*)?$/;
const write =
  /^POST \/projects\/[\w.%-]+\/(jobs\/\d+\/(cancel|retry|erase|play)|pipelines\/\d+\/(cancel|retry))$/;

describe('Any text as any argument', () => {
  it('calls an endpoint of the table or none, and never causes an internal error', async () => {
    const started = await start();
    const names = fc.constantFrom(...arguments_);
    await fc.assert(
      fc.asyncProperty(names, anything, async ([name, text], x) => {
        const answer = await started.query(operation(name, text), { variables: { x } });
        for (const call of started.calls()) {
          expect(call).toMatch(text.startsWith('mutation') ? write : read);
          const [path = ''] = call.split('?');
          const segments = path.split('/').map((segment) => decodeURIComponent(segment));
          const parts = segments.flatMap((segment) => segment.split('/'));
          expect(parts).not.toContain('..');
          expect(parts).not.toContain('.');
        }
        expect(blamesTheInput(answer)).toBe(true);
        expect(started.bugs).toEqual([]);
      }),
      { numRuns: runs(400) },
    );
  });
});

describe('A forged cursor', () => {
  const ask = (args: string) =>
    `query ($cursor: String!) { pipeline(project: "42", id: 700) { jobs(${args}) { nodes { databaseId } } } }`;

  /**
   * Starts a gateway, and a GitLab with 302 jobs in a pipeline. `forge` creates a cursor for the
   * list of these jobs.
   */
  async function startLong() {
    const world = smallWorld();
    for (let id = 2000; id < 2300; id += 1) world.addJob(700, { id });
    const started = await startGateway({ simulator: { world }, token: tokens.alice });
    const page = await started.query(
      '{ pipeline(project: "42", id: 700) { jobs(first: 5) { pageInfo { endCursor } } } }',
    );
    const cursor = textAt(page, 'pipeline.jobs.pageInfo.endCursor');
    const [version, list] = Buffer.from(cursor, 'base64url').toString().split(':');
    started.calls();
    return { ...started, forge: (...rest: string[]) => encode([version, list, ...rest].join(':')) };
  }

  it.each(['9007199254740991', '1000000', '301', '0'])(
    'with offset %s still leads to its row, in few calls',
    async (place) => {
      const { query, calls, forge, bugs } = await startLong();
      const cursor = forge('2150', place);
      const after = await query(ask('first: 2, after: $cursor'), { variables: { cursor } });
      const before = await query(ask('last: 2, before: $cursor'), { variables: { cursor } });
      const ids = (answer: Answer) =>
        (at(answer, 'pipeline.jobs.nodes') as { databaseId: string }[]).map(
          ({ databaseId }) => databaseId,
        );
      expect(ids(after)).toEqual(['2149', '2148']);
      expect(ids(before)).toEqual(['2152', '2151']);
      // The gateway finds the row by bisection, once for each of the two queries.
      expect(calls().length).toBeLessThanOrEqual(2 * 2 * Math.ceil(Math.log2(302)));
      expect(bugs).toEqual([]);
    },
  );

  it.each(['', '-1', '1e3', '0x10', '1.5', ' 7 ', '007', '99999999999999999999', 'x'])(
    'with offset %j is refused',
    async (place) => {
      const { query, calls, forge } = await startLong();
      const variables = { cursor: forge('2150', place) };
      const answer = await query(ask('first: 2, after: $cursor'), { variables });
      expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
      expect(calls()).toEqual([]);
    },
  );
});
