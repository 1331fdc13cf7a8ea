// The modules of undici that the gateway uses. The package itself exports many more, such as
// `fetch` and mocks, and loads all of them.
//
// This file is not published, so exported types must not use these modules. They use the types of
// the package: `import type { Pool } from 'undici'`.

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
