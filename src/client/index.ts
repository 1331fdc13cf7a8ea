export { type Client, type ClientOptions, createClient, type RequestOptions } from './client.ts';
export type { Clock } from './clock.ts';
export { type TypedDocument, TypedDocumentString } from './document.ts';
export { GatewayError, type Result, type ResultError } from './result.ts';
export type { SubscribeOptions } from './subscription.ts';
