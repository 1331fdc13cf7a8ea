/**
 * Maximum of the argument `seconds` of the tool `wait`. Many proxies and MCP clients end requests
 * at 60 s.
 */
export const MAX_WAIT_SECONDS = 55;
