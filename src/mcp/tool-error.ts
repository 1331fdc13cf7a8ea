/** A failure of a tool call. The message is one sentence that says what to do. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}
