import type { FormEvent } from 'react';

/** Opens the screen of an address that was copied from GitLab. */
export function AddressBox() {
  const open = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const text = String(new FormData(form).get('address')).trim();
    const line = /#L(\d+)/.exec(text)?.[1];
    const path = text
      .replace(/^https?:\/\/[^/]+/, '')
      .replace(/[#?].*$/, '')
      .replace(/^\/+/, '');
    location.hash = `#/${path}${line ? `?line=${line}` : ''}`;
    form.reset();
  };
  return (
    <form className="address" onSubmit={open}>
      <input name="address" aria-label="Address in GitLab" placeholder="Address in GitLab" />
    </form>
  );
}
