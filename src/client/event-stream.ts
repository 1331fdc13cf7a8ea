/** A server-sent event. */
interface StreamEvent {
  type: string;
  data: string;
}

/**
 * Creates an incremental parser of server-sent events. The parser takes the next piece of the
 * stream's text and returns the events that are now complete. A comment, such as a ping of the
 * gateway, becomes an event without a type.
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
    // Splits only the new text. An event can arrive in many pieces, and it would be slow to split
    // its whole text again for each piece.
    const lines = text.split('\n');
    lines[0] = rest + lines[0];
    rest = lines.pop() ?? '';
    return lines.flatMap(readLine);
  };
}
