/** The media types that a client takes, in its order; those in another charset than UTF-8 left out. No header: any. */
export function acceptedTypes(accept: string | null | undefined): string[] {
  const items = (accept || '*/*').replace(/\s/g, '').toLowerCase().split(',');
  return items.flatMap((item) => {
    const [type = '', ...parameters] = item.split(';');
    const charset = parameters.find((parameter) => parameter.includes('charset='));
    return charset === undefined || charset === 'charset=utf-8' ? type : [];
  });
}
