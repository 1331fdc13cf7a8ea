export { type Client, type ClientOptions, createClient, type RequestOptions } from './client.ts';
export type { Clock } from './clock.ts';
export { type TypedDocument, TypedDocumentString } from './document.ts';
export { formatDuration } from './duration.ts';
export { type Connection, type Page, type PaginateOptions, paginate } from './paginate.ts';
export { applyPipelineUpdate, type PipelineUpdate } from './pipeline-update.ts';
export { GatewayError, type Result, type ResultError } from './result.ts';
export type { SubscribeOptions } from './subscription.ts';
export {
  applyTraceChunk,
  type TraceChunk,
  type TraceLog,
  traceLine,
  traceLines,
} from './trace-log.ts';
