import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startProgram } from './start-program.ts';

const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0;

describe('the program', { retry: 0 }, () => {
  it.skipIf(!hasPrlimit)('survives running out of file descriptors, and serves again', async () => {
    const { url, query, child } = await startProgram();
    const open = readdirSync(`/proc/${child.pid}/fd`).length;
    execFileSync('prlimit', ['--pid', String(child.pid), `--nofile=${open + 10}`]);
    const { port, hostname } = new URL(url);
    const sockets: Socket[] = [];
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    for (let i = 0; i < 50; i++) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      sockets.push(socket);
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    }
    for (const socket of sockets) socket.destroy();
    await expect
      .poll(() =>
        query('{ __typename }').then(
          (answer) => answer.status,
          () => 0,
        ),
      )
      .toBe(200);
    expect(child.exitCode).toBeNull();
  });
});
