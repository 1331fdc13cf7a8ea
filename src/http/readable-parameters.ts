import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';

function unreadable(): GraphQLError {
  return new GraphQLError('`variables` and `extensions` must be JSON.', {
    extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
  });
}

/** Tells a caller whose address holds no JSON where it must, which Yoga takes for a bug of ours. */
export function useReadableParameters(): Plugin {
  return {
    onRequestParse({ requestParser: parse, setRequestParser }) {
      if (!parse) return;
      setRequestParser(async (request) => {
        try {
          return await parse(request);
        } catch (error) {
          throw error instanceof SyntaxError ? unreadable() : error;
        }
      });
    },
  };
}
