/** Receivers of the tests of the sender: some serve, some speak as they like. */
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { AddressGuard } from '../../../lib/node/http/address-guard.ts';
import { HttpSender } from '../../../lib/node/http/http-sender.ts';
import type { OutgoingRequest } from '../../../lib/relay/ports/outgoing.ts';

/** It may send to this machine. */
export const sender = new HttpSender(new AddressGuard(['127.0.0.0/8']));
/** The limit of attempts that reach it. */
export const TIMEOUT_MS = 1_000;
/** The limit of attempts that end before it, on a busy machine too. */
const AMPLE_TIMEOUT_MS = 10_000;
/** The time that a busy machine may need in addition to the attempt. */
export const SLACK_MS = 3_000;

export function aRequest(url: string, parts: Partial<OutgoingRequest> = {}): OutgoingRequest {
  return {
    url,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{}'),
    timeoutMs: AMPLE_TIMEOUT_MS,
    ...parts,
  };
}

export function aBriefRequest(url: string, parts: Partial<OutgoingRequest> = {}): OutgoingRequest {
  return aRequest(url, { timeoutMs: TIMEOUT_MS, ...parts });
}

/** A server of the test, by its address. */
export async function serving(listener: RequestListener): Promise<string> {
  const server = createHttpServer(listener);
  onTestFinished(() => server.closeAllConnections());
  return `http://127.0.0.1:${await listening(server)}/hook`;
}

/** A server that speaks as it likes, once it was spoken to. */
export function speaking(speak: (socket: Socket) => void): Promise<string> {
  return connecting((socket) => socket.once('data', () => speak(socket)));
}

/** A server that does as it likes with every connection. */
export async function connecting(onConnection: (socket: Socket) => void): Promise<string> {
  return `http://127.0.0.1:${(await accepting(onConnection)).port}/hook`;
}

/** The same by its port, whatever protocol it is meant to speak, with the connections that it has had. */
export async function accepting(onConnection: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return { port: await listening(server), sockets };
}

/** @returns the port */
export async function listening(server: Server, host = '127.0.0.1'): Promise<number> {
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return z.looseObject({ port: z.int() }).parse(server.address()).port;
}

/** Writes for as long as the other side takes it. */
export function endlessly(socket: Socket, chunk: string): void {
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', more);
  more();
}

/** Writes a little at a time, and never too late for a limit on silence. */
export function endlesslySlow(socket: Socket, text: string): void {
  const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write(text)), 50);
  socket.once('close', () => clearInterval(timer));
}

export async function timed<Value>(work: Promise<Value>): Promise<{ value: Value; durationMs: number }> {
  const startedAtMs = performance.now();
  const value = await work;
  return { value, durationMs: performance.now() - startedAtMs };
}
