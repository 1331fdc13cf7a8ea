import type { MouseEvent, ReactNode } from 'react';
import { root } from '../../gateway.ts';
import { readToken } from '../../token.ts';

async function download(url: string, name: string, token: string): Promise<void> {
  const response = await fetch(url, { headers: { 'PRIVATE-TOKEN': token } });
  if (!response.ok) return alert(`The gateway answered ${response.status}.`);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

interface Props {
  /** The path below the gateway's own path, with a leading `/`. */
  path: string;
  name: string;
  children: ReactNode;
}

/**
 * A link to a file of the gateway. A link cannot send a token. If there is a token, a script
 * downloads the file instead.
 */
export function Download({ path, name, children }: Props) {
  const open = (event: MouseEvent) => {
    const token = readToken();
    if (!token) return;
    event.preventDefault();
    void download(root + path, name, token);
  };
  return (
    <a href={root + path} download={name} onClick={open}>
      {children}
    </a>
  );
}
