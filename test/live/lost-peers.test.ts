import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cutLostPeers } from '../../src/http/lost-peers.ts';
import { peerName, readPeerTable } from '../../src/http/peer-table.ts';
import { createTestClock } from '../gitlab/upstream.ts';

const HEADER =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
/** As a little-endian machine shows them: 127.0.0.1:40001 to 10.0.0.2:50000, and so on. */
const TABLE = `${HEADER}\
   0: 0100007F:9C41 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1060 1 00000000d5 100 0 0 10 0
   1: 0100007F:9C41 0200000A:C350 01 00000000:00000000 02:000000A7 00000000     0        2 1061 2 00000000d6 20 4 30 10 -1
 102: 0100007F:9C41 0300000A:C351 01 00000049:00000000 01:000000A7 0000000B     0        0 1062 3 00000000d7 20 4 30 10 -1
   3: 0100007F:9C41 0400000A:C352 01 00000000:00000000 00:00000000 00000000  1000        0 1063 1 00000000d8 20 4 30 10 -1
   4: 0100007F:9C41 0500000A:C353 04 00000001:00000000 01:000000A7 00000008     0        9 0 3 00000000d9 20 4 30 10 -1
   5: 00000000000000000000000001000000:9C41 B80D0120000000000000000002000000:C354 01 00000000:00000000 02:000000A7 00000000     0        3 1064 2 00000000e0 20 4 30 10 -1
   6: 0000000000000000FFFF00000100007F:9C41 0000000000000000FFFF00000200000A:C355 01 00000000:00000000 02:000000A7 00000000     0        1 1065 2 00000000e1 20 4 30 10 -1
`;

it('the kernel’s table tells of open connections on which something is unanswered', () => {
  expect([...readPeerTable(TABLE)]).toEqual([
    ['40001 10.0.0.2 50000', { probes: 2, retransmits: 0 }],
    ['40001 10.0.0.3 50001', { probes: 0, retransmits: 11 }],
    ['40001 2001:db8::2 50004', { probes: 3, retransmits: 0 }],
    ['40001 ::ffff:10.0.0.2 50005', { probes: 1, retransmits: 0 }],
  ]);
  expect(readPeerTable('')).toEqual(new Map());
});

/** A server with event streams and a table that the test writes. */
async function start() {
  const time = createTestClock();
  const table = { probes: 0, retransmits: 0, looks: 0, fails: '' };
  const accepted: Socket[] = [];
  const server = createServer((_request, response) => void response.write('data:\n\n'));
  server.on('connection', (socket) => accepted.push(socket));
  const line = (socket: Socket, at: number) => {
    const [local, , remote] = peerName(socket).split(' ');
    const hex = (port?: string) => Number(port).toString(16).toUpperCase().padStart(4, '0');
    const again = table.retransmits.toString(16).padStart(8, '0');
    return `${at}: 0100007F:${hex(local)} 0100007F:${hex(remote)} 01 0:0 00:00000000 ${again} 0 ${table.probes} 1\n`;
  };
  const readTables = async () => {
    table.looks += 1;
    if (table.fails) throw Object.assign(new Error('no table'), { code: table.fails });
    return HEADER + accepted.map(line).join('');
  };
  server.on('request', cutLostPeers({ clock: time.clock, readTables }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close().closeAllConnections());
  /** A client that asks for such an answer, and has its first bytes. */
  const open = async (accept: string) => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`GET / HTTP/1.1\r\nhost: x\r\naccept: ${accept}\r\n\r\n`);
    await once(socket, 'data');
    return socket;
  };
  /** Lets time pass until the next look is over. */
  const look = async (ms = 1_000) => {
    time.advance(ms);
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  };
  const isCut = () => accepted.map((socket) => socket.destroyed);
  return { time, table, open, look, isCut };
}

const EVENTS = 'text/event-stream';

describe('an event stream', () => {
  it('is cut when three probes were not answered', async () => {
    const { table, open, look, isCut } = await start();
    const client = await open(EVENTS);
    for (table.probes = 0; table.probes < 3; table.probes += 1) {
      await look();
      expect(isCut()).toEqual([false]);
    }
    const closed = once(client, 'close');
    await look();
    expect(isCut()).toEqual([true]);
    await closed;
  });

  it('is cut when what was sent has not arrived for two seconds, and not when it has meanwhile', async () => {
    const { table, open, look, isCut } = await start();
    await open(EVENTS);
    for (const [retransmits, cut] of [[1], [2], [0], [1], [2], [3, true]] as const) {
      table.retransmits = retransmits;
      await look();
      expect(isCut()).toEqual([cut ?? false]);
    }
  });

  it('is looked after while it is there, and nothing else is', async () => {
    const { time, table, open, look, isCut } = await start();
    await open('application/json');
    expect(time.timers.size).toBe(0);
    const client = await open(`application/json, ${EVENTS};q=0.5`);
    table.probes = 3;
    const closed = once(client, 'close');
    await look();
    expect(isCut()).toEqual([false, true]);
    await closed;
    await look();
    await look();
    expect([time.timers.size, table.looks]).toEqual([0, 2]);
    await open(EVENTS);
    expect(time.timers.size).toBe(1);
  });

  it('is cut though there was no file descriptor for the table in between', async () => {
    const { table, open, look, isCut } = await start();
    const closed = once(await open(EVENTS), 'close');
    table.probes = 3;
    table.fails = 'EMFILE';
    await look();
    expect(isCut()).toEqual([false]);
    table.fails = '';
    await look();
    expect(isCut()).toEqual([true]);
    await closed;
  });

  it('is left to the kernel where there is no table', async () => {
    const { time, table, open, look, isCut } = await start();
    table.fails = 'ENOENT';
    await open(EVENTS);
    await look();
    await open(EVENTS);
    expect([time.timers.size, table.looks]).toEqual([0, 1]);
    expect(isCut()).toEqual([false, false]);
  });
});
