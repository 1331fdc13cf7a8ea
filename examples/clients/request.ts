/** Sends an operation with `fetch`. Rejects if the response has no `data`. */
export async function request<Data>(
  url: string,
  token: string,
  query: string,
  variables: object = {},
): Promise<{ data: Data; errors?: { message: string; path?: (string | number)[] }[] }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'PRIVATE-TOKEN': token },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (!data) throw new Error(errors[0].message);
  return { data, errors };
}
