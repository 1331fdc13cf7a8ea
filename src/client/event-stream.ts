/** An event of an event stream. */
interface StreamEvent {
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
  const readLine = (ended: string): StreamEvent[] => {
    const line = ended.replace(/\r$/, '');
    if (line === '') {
      const event = { type, data: data.join('\n') };
      type = '';
      data = [];
      return [event];
    }
    const [name, value = ''] = line.split(/: ?(.*)/s);
    if (name === 'event') type = value;
    if (name === 'data') data.push(value);
    return [];
  };
  return (text) => {
    // The rest is not searched again: an event can arrive in many pieces.
    const lines = text.split('\n');
    lines[0] = rest + lines[0];
    rest = lines.pop() ?? '';
    return lines.flatMap(readLine);
  };
}
