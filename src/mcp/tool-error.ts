/**
 * A failure of a tool call. The message tells the model what failed and, if possible, what to do.
 */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}

/**
 * Returns the error for a job, pipeline or project that does not exist or that the caller may not
 * see.
 */
export const notFound = (what: string): ToolError =>
  new ToolError(
    `No such ${what}, or your token may not see it: GitLab does not tell them apart. Check the address and the token of the MCP server's configuration.`,
  );
