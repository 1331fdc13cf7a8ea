import { type Config, ConfigError, parseConfig } from '../../src/app/config.ts';

/**
 * Returns the configuration with which the program would start. Throws ConfigError if it is
 * invalid.
 */
export function configOf(env: Record<string, string | undefined>, argv: string[] = []): Config {
  const command = parseConfig(env, argv);
  if (command.name !== 'serve') throw new Error(`unexpected command ${command.name}`);
  return command.config;
}

/** Returns the messages about invalid settings; empty if all are valid. */
export function problemsOf(env: Record<string, string>, argv: string[] = []): readonly string[] {
  try {
    parseConfig(env, argv);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
