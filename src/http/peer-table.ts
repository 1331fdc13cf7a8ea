import { type Socket, SocketAddress } from 'node:net';
import { endianness } from 'node:os';

/*
 * How Linux stands with each TCP connection, as /proc/net/tcp and tcp6 show it (proc_net_tcp.txt of the
 * kernel's documentation).
 */

/** What the kernel has sent to a peer since it heard from it last. */
export interface Unanswered {
  /** Asked whether it is there. */
  probes: number;
  /** Sent something again. */
  retransmits: number;
}

/** local port, remote address and port, state 01 (established), retransmits, probes (the column "timeout"). */
const LINE = /^ *\d+: \w+:(\w+) (\w+):(\w+) 01 \S+ \S+ (\w+) +\d+ +(\d+) /gm;

/** Addresses stand there as words of 32 bits in the machine's own order. */
function toAddress(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  if (endianness() === 'LE') bytes.swap32();
  if (bytes.length === 4) return bytes.join('.');
  const address = bytes.toString('hex').match(/.{4}/g)?.join(':') ?? '';
  return new SocketAddress({ family: 'ipv6', address }).address;
}

/** The connections on which something is unanswered, by `peerName`. */
export function readPeerTable(table: string): Map<string, Unanswered> {
  const found = new Map<string, Unanswered>();
  for (const [, local = '', address = '', remote = '', again = '', probes] of table.matchAll(
    LINE,
  )) {
    const unanswered = { probes: Number(probes), retransmits: Number.parseInt(again, 16) };
    if (unanswered.probes === 0 && unanswered.retransmits === 0) continue;
    const ports = [local, remote].map((port) => Number.parseInt(port, 16));
    found.set(`${ports[0]} ${toAddress(address)} ${ports[1]}`, unanswered);
  }
  return found;
}

/** What that table calls a connection. */
export function peerName({
  localPort,
  remoteAddress = '',
  remotePort,
}: Pick<Socket, 'localPort' | 'remoteAddress' | 'remotePort'>): string {
  return `${localPort} ${remoteAddress.replace(/%.*/, '')} ${remotePort}`;
}
