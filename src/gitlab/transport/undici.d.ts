// The modules of undici that the gateway uses. An import of the whole package would also load
// modules that are not needed, such as `fetch` and mocks.
//
// This file is not published. So exported types must use the types of the package instead, as in
// `import type { Pool } from 'undici'`.

declare module 'undici/lib/core/connect.js' {
  import type { buildConnector } from 'undici';

  const build: typeof buildConnector;
  export = build;
}

declare module 'undici/lib/core/errors.js' {
  import { errors } from 'undici';
  export = errors;
}

declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici';
  export = Pool;
}
