import type { Tool } from './tool.ts';
import { whyFailed } from './tools/why-failed.ts';

/** All tools, in the order of tools/list. */
export const tools: readonly Tool[] = [whyFailed];
