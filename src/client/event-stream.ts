/** An event of an event stream. */
export interface StreamEvent {
  type: string;
  data: string;
}

/**
 * Creates a parser of an event stream: takes a piece of its text and returns the events that end in
 * it. Comments, such as the pings of the gateway, are not events.
 */
export function createEventParser(): (text: string) => StreamEvent[] {
  let rest = '';
  let type = '';
  let data: string[] = [];
  const toEvent = (): StreamEvent[] => {
    const event = { type, data: data.join('\n') };
    const isEvent = type !== '' || data.length > 0;
    type = '';
    data = [];
    return isEvent ? [event] : [];
  };
  const readLine = (line: string): StreamEvent[] => {
    if (line === '') return toEvent();
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
