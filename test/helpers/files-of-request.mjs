/*
 * Sends one GraphQL request twice to the built gateway. Prints the response, and which files ran:
 * those with a function that was called, without app/ and simulator/. This is a process of its own,
 * because V8 counts calls for a whole process. The argument is the body of the request.
 */
import { Session } from 'node:inspector/promises';
import { parseConfig } from '../../dist/app/config.js';
import { createGateway } from '../../dist/app/gateway.js';
import { demo, seedWorld } from '../../dist/simulator/seed.js';
import { createSimulator } from '../../dist/simulator/simulator.js';

const [, , body] = process.argv;
const simulator = await createSimulator({ world: seedWorld() });
const { config } = parseConfig({ GITLAB_URL: simulator.url }, []);
const gateway = createGateway(config, { version: 'test' });
const url = `${await gateway.listen('127.0.0.1', 0)}/graphql`;
const headers = { 'content-type': 'application/json', 'private-token': demo.token };

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
await fetch(url, { method: 'POST', headers, body });
const response = await fetch(url, { method: 'POST', headers, body });
const text = await response.text();
const { result } = await session.post('Profiler.takePreciseCoverage');

const fileOf = (address) => /\/dist\/(.*)\.js$/.exec(address)?.[1];
const ran = result.filter(({ url: address, functions }) => {
  const file = fileOf(address);
  const isOurs = file && !address.includes('node_modules') && !/^(app|simulator)\//.test(file);
  return isOurs && functions.some(({ ranges: [whole] }) => whole.count > 0);
});
const files = ran.map(({ url: address }) => `${fileOf(address)}.ts`).sort();
process.stdout.write(JSON.stringify({ body: JSON.parse(text), files }));
await gateway.close();
await simulator.close();
