import { type GraphQLError, type GraphQLSchema, parse, print, visit } from 'graphql';
import { prefixOf } from '../graphql/type-names.ts';
import type { OperationRequest, OperationResponse, Operations } from '../operation/run.ts';
import { mapStream } from '../util/streams.ts';
import { notFound, ToolError } from './tool-error.ts';

/*
 * Executes the GraphQL documents of tools like operations that clients send, with one exception:
 * the documents of tools run even if the gateway allows only trusted documents.
 */

/**
 * Returns a function that adds a prefix to the type names in a document: the value of the setting
 * FEDERATION_TYPE_PREFIX.
 */
export function createPrefixer(schema: GraphQLSchema): (document: string) => string {
  const prefix = prefixOf(schema);
  if (!prefix) return (document) => document;
  const prefixed = new Map<string, string>();
  return (document) => {
    const known = prefixed.get(document);
    if (known !== undefined) return known;
    const changed = visit(parse(document), {
      NamedType(node) {
        const value = `${prefix}${node.name.value}`;
        return schema.getType(value) ? { ...node, name: { ...node.name, value } } : undefined;
      },
    });
    const text = print(changed);
    prefixed.set(document, text);
    return text;
  };
}

const sentences: Readonly<Record<string, string>> = {
  NOT_FOUND: notFound('job or pipeline').message,
  UNAUTHENTICATED:
    'GitLab rejected the credential, or requires one: the configuration of this MCP server must send a valid token in the header PRIVATE-TOKEN.',
  FORBIDDEN: 'The token does not permit this in GitLab: a token with more rights is needed.',
  UPSTREAM_TIMEOUT: 'GitLab did not answer in time: call again.',
  OPERATION_TOO_COMPLEX:
    'This needs more calls to GitLab than the gateway allows: ask for fewer jobs or projects.',
};

/** Converts a GraphQL error to a sentence that says what the model should do. */
function toSentence({ message, extensions }: GraphQLError): string {
  const { code, retryAfter, upstream } = extensions;
  // Without `upstream`, the error comes from a limit or rule of the gateway itself. Its message
  // explains the limit or rule.
  const isOwnRefusal = upstream === undefined;
  if (isOwnRefusal && (code === 'RATE_LIMITED' || code === 'UNAUTHENTICATED')) return message;
  const wait = typeof retryAfter === 'number' ? `${Math.ceil(retryAfter)} s` : 'a minute';
  if (code === 'RATE_LIMITED') return `GitLab allows no more calls for ${wait}: call again then.`;
  if (code === 'UPSTREAM_UNAVAILABLE') return `GitLab is not available: call again in ${wait}.`;
  return sentences[String(code)] ?? message;
}

/** Whether any root field has a value other than null. */
const hasData = (data: Readonly<Record<string, unknown>>): boolean =>
  Object.values(data).some((value) => value !== null);

interface Executor {
  operations: Operations;
  prefixTypes(document: string): string;
  request: Omit<OperationRequest, 'params'>;
  /** Called with a sentence for each reason why a part of the data could not be read. */
  onProblem(sentence: string): void;
}

type Data = Readonly<Record<string, unknown>>;
type Variables = Readonly<Record<string, unknown>>;

/** Runs an operation. Returns its response or, for a subscription, a stream of responses. */
async function run(document: string, variables: Variables, executor: Executor) {
  const { operations, prefixTypes, request } = executor;
  const params = { query: prefixTypes(document), variables };
  const prepared = operations.prepare({ ...request, params, isOwnDocument: true });
  return 'cached' in prepared ? operations.execute(prepared) : prepared;
}

/** Returns the data of a response. Throws ToolError if there are errors and no data. */
function readData(response: OperationResponse, { onProblem }: Executor): Data {
  try {
    const data = (JSON.parse(response.data ?? 'null') ?? {}) as Data;
    const problems = [...new Set(response.errors.map(toSentence))];
    if (problems.length > 0 && !hasData(data)) throw new ToolError(problems[0]);
    for (const problem of problems) onProblem(problem);
    return data;
  } finally {
    response.release();
  }
}

/**
 * Executes a document. Fields that could not be read are null, and `onProblem` receives the
 * reasons. Throws ToolError if nothing could be read.
 */
export async function execute(
  document: string,
  variables: Variables,
  executor: Executor,
): Promise<Data> {
  return readData((await run(document, variables, executor)) as OperationResponse, executor);
}

/**
 * Executes a subscription. Returns the data of its events. `return` of the iterator ends the
 * subscription immediately. The iterator throws ToolError for an event without data.
 */
export async function subscribe(
  document: string,
  variables: Variables,
  executor: Executor,
): Promise<AsyncIterableIterator<Data>> {
  const result = await run(document, variables, executor);
  if ('next' in result) return mapStream(result, (response) => readData(response, executor));
  readData(result, executor);
  throw new Error('A subscription has a stream or errors.');
}
