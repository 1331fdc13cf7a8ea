/*
 * Reads logs in the mode that the environment variable MODE names, a key of `modes`. Each message is the name of
 * a log. The process reads that log once and replies with its length in bytes and the CPU time in ms.
 */
import { StringDecoder } from 'node:string_decoder';
import { inputOf, inputs } from '../parser-inputs.js';

const CHUNK = 1 << 16;
/** Longer than any of the logs, so that the parser keeps all lines. */
const MAX_BYTES = 1 << 25;

function* chunksOf(log) {
  for (let at = 0; at < log.length; at += CHUNK) yield log.subarray(at, at + CHUNK);
}

async function parserOf(dist) {
  const { createTraceParser } = await import(`${dist}/trace/parser.js`);
  return (log) => {
    const parser = createTraceParser({ maxBytes: MAX_BYTES });
    for (const chunk of chunksOf(log)) parser.push(chunk);
    return parser.end();
  };
}

/** Reads, from each line, the properties that a query can select, except `html` and `anchor`. */
function readLines({ lines }) {
  let sum = 0;
  for (const { number, text, section, timestamp, stream } of lines) {
    sum += number + text.length + (section?.length ?? 0);
    sum += (timestamp?.length ?? 0) + (stream?.length ?? 0);
  }
  return sum;
}

function readHtml({ lines }) {
  let sum = 0;
  for (const { html } of lines) sum += html.length;
  return sum;
}

/** Decodes a log in chunks and converts each chunk. Returns the length of the result. */
function convertChunks(log, convert) {
  const decoder = new StringDecoder('utf8');
  let sum = 0;
  for (const chunk of chunksOf(log)) sum += convert(decoder.write(chunk)).length;
  return sum;
}

const modes = {
  async parse(dist) {
    const parse = await parserOf(dist);
    return (log) => parse(log).lines.length;
  },
  async lines(dist) {
    const parse = await parserOf(dist);
    return (log) => readLines(parse(log));
  },
  async html(dist) {
    const parse = await parserOf(dist);
    return (log) => readHtml(parse(log));
  },
  async ansi_up() {
    const { AnsiUp } = await import('ansi_up');
    return (log) => {
      const converter = new AnsiUp();
      return convertChunks(log, (text) => converter.ansi_to_html(text));
    };
  },
  async 'strip-ansi'() {
    const { default: stripAnsi } = await import('strip-ansi');
    return (log) => convertChunks(log, (text) => stripAnsi(text));
  },
};

const read = await modes[process.env.MODE](process.env.DIST);
const logs = Object.fromEntries(Object.keys(inputs).map((name) => [name, inputOf(name)]));

process.on('message', (name) => {
  const before = process.cpuUsage();
  read(logs[name]);
  const { user, system } = process.cpuUsage(before);
  process.send({ bytes: logs[name].length, cpuMs: (user + system) / 1_000 });
});
process.send('ready');
