import { inspect } from 'node:util';

const HIDDEN = '[redacted]';

/**
 * A value that only `reveal()` returns. String conversion, JSON and `inspect` show a placeholder.
 */
export class Secret<Value = string> {
  readonly #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  reveal(): Value {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
