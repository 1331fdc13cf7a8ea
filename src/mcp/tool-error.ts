/** A failure of a tool call. The message is one sentence that says what to do. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}

/** Returns the error of a job, pipeline or project that GitLab does not show. */
export const notFound = (what: string): ToolError =>
  new ToolError(
    `No such ${what}, or your token may not see it: GitLab does not tell them apart. Check the address and the token of the MCP server's configuration.`,
  );
