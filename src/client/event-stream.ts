/** An event of an event stream. */
export interface StreamEvent {
  type: string;
  data: string;
}

/**
 * Creates a parser of an event stream: takes a piece of its text and returns the events that end in
 * it. A comment, such as a ping of the gateway, is an event without a type.
 */
export function createEventParser(): (text: string) => StreamEvent[] {
  let rest = '';
  let type = '';
  let data: string[] = [];
  const readLine = (line: string): StreamEvent[] => {
    if (line === '') {
      const event = { type, data: data.join('\n') };
      type = '';
      data = [];
      return [event];
    }
    const [, name, value = ''] = /^(\w+)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === 'event') type = value;
    if (name === 'data') data.push(value);
    return [];
  };
  return (text) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    return lines.flatMap(readLine);
  };
}
