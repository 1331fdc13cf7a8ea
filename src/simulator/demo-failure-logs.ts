import {
  type Chunk,
  clear,
  paint,
  printChunks,
  resultLine,
  type Section,
  sectionChunks,
} from './demo-logs.ts';

/*
 * Logs of failed jobs, one for each frequent kind of failure: a script, a runner, a timeout, an
 * image, and the tools of several languages.
 */

/** A failed job of the demo: its log, and what the gateway must find in the log. */
export interface FailureExample {
  readonly name: string;
  /** GitLab's failure reason. */
  readonly reason: string;
  /** Returns the log of a job that started at `startedAt`, in ms since 1970. */
  log(startedAt: number): string;
  readonly says: {
    readonly section: string | null;
    readonly command: string | null;
    readonly exitCode: number | null;
    /** Lines of the failed section that look like errors. */
    readonly errors: readonly string[];
  };
}

/** The parts from which the log of a failed job is built. */
interface FailedLog {
  readonly runner?: string;
  readonly sections: readonly Section[];
  /** The text after "ERROR: Job failed" in the runner's last line. */
  readonly failure: string;
  readonly timestamps?: boolean;
}

const section = (name: string, heading: string, ...lines: string[]): Section => ({
  name,
  heading,
  lines,
});

const command = (text: string) => paint.green(`$ ${text}`);
const script = (...lines: string[]) =>
  section('step_script', 'Executing "step_script" stage of the job script', ...lines);
const prepare = (executor: string, ...lines: string[]) =>
  section('prepare_executor', `Preparing the "${executor}" executor`, ...lines);
const environment = (...lines: string[]) =>
  section('prepare_script', 'Preparing environment', ...lines);
const sources = section(
  'get_sources',
  'Getting source from Git repository',
  paint.green('Gitaly correlation ID: 01KB7Z5T4M9Q'),
  paint.green('Fetching changes with git depth set to 20...'),
  paint.green('Checking out 5f2c81aa as detached HEAD (ref is main)...'),
  'Skipping Git submodules setup',
);
const cleanUp = section(
  'cleanup_file_variables',
  'Cleaning up project directory and file based variables',
);
const docker = (image: string) => [
  prepare(
    'docker',
    `Using Docker executor with image ${image} ...`,
    `Pulling docker image ${image} ...`,
    `Using docker image sha256:77ab90c1 for ${image} ...`,
  ),
  environment('Running on runner-t1_xq9w2-project-108-concurrent-0 via builder-3...'),
  sources,
];

const STEP_MS = 700;

function write({ runner = 'docker-builder-3', sections, failure, ...options }: FailedLog) {
  const chunks: Chunk[] = [
    () => `${clear}Running with gitlab-runner 18.9.1 (5a021a1c)\u001b[0;m\n`,
    () => `${clear}  on ${runner} t1_xq9w2, system ID: s_0a91c7de4f52\u001b[0;m\n`,
    ...sections.flatMap(sectionChunks),
    () => `${resultLine(failure)}\n`,
  ];
  return (startedAt: number): string =>
    printChunks(chunks, (at) => startedAt + at * STEP_MS, options).join('');
}

/** Failed jobs, each with a different kind of log. */
export const failureExamples: readonly FailureExample[] = [
  {
    name: 'shell script',
    reason: 'script_failure',
    log: write({
      runner: 'shell-host-1',
      sections: [
        prepare('shell', 'Using Shell (bash) executor...'),
        environment('Running on shell-host-1...'),
        sources,
        script(
          command('source ./ci/functions.sh'),
          command('publish_release "$CI_COMMIT_TAG"'),
          'packing 41 files',
          './ci/functions.sh: line 27: cosign: command not found',
          'cleaning temporary files',
        ),
        section(
          'after_script',
          'Running after_script',
          command('rm -f release.tar'),
          'error: nothing to remove',
        ),
        cleanUp,
      ],
      failure: ': exit status 127',
    }),
    says: {
      section: 'step_script',
      command: '$ publish_release "$CI_COMMIT_TAG"',
      exitCode: 127,
      errors: ['./ci/functions.sh: line 27: cosign: command not found'],
    },
  },
  {
    name: 'runner system failure',
    reason: 'runner_system_failure',
    log: write({
      sections: [
        prepare(
          'docker',
          'Using Docker executor with image alpine:3.22 ...',
          'Starting service postgres:17 ...',
          `${clear}${paint.red('ERROR: Preparation failed: Cannot connect to the Docker daemon at unix:///var/run/docker.sock')}`,
          'Will be retried in 3s ...',
        ),
      ],
      failure:
        ' (system failure): Cannot connect to the Docker daemon at unix:///var/run/docker.sock',
    }),
    says: {
      section: 'prepare_executor',
      command: null,
      exitCode: null,
      errors: [
        'ERROR: Preparation failed: Cannot connect to the Docker daemon at unix:///var/run/docker.sock',
      ],
    },
  },
  {
    name: 'timeout',
    // GitLab uses this reason for many failures. Only the log shows that it was a timeout.
    reason: 'script_failure',
    log: write({
      sections: [
        ...docker('debian:13'),
        script(
          command('./wait-for-cluster.sh --namespace review'),
          ...[1, 2, 3, 4].map((minute) => `waiting for 3 pods to become ready (${minute}m)`),
        ),
        section('after_script', 'Running after_script', command('kubectl get pods')),
        cleanUp,
      ],
      failure: ': execution took longer than 30m0s seconds',
      timestamps: true,
    }),
    says: {
      section: 'step_script',
      command: '$ ./wait-for-cluster.sh --namespace review',
      exitCode: null,
      errors: [],
    },
  },
  {
    name: 'image pull failure',
    reason: 'runner_system_failure',
    log: write({
      sections: [
        prepare(
          'docker',
          'Using Docker executor with image registry.example.com/acme/tools:9 ...',
          'Authenticating with credentials from job payload (GitLab Registry)',
          'Pulling docker image registry.example.com/acme/tools:9 ...',
          paint.yellow(
            'WARNING: Failed to pull image with policy "always": manifest unknown (manager.go:254:0s)',
          ),
        ),
      ],
      failure:
        ': failed to pull image "registry.example.com/acme/tools:9" with specified policies [always]: manifest unknown (manager.go:254:0s)',
      timestamps: true,
    }),
    says: {
      section: 'prepare_executor',
      command: null,
      exitCode: null,
      errors: [
        'WARNING: Failed to pull image with policy "always": manifest unknown (manager.go:254:0s)',
      ],
    },
  },
  {
    name: 'powershell',
    reason: 'script_failure',
    log: write({
      runner: 'windows-2025',
      sections: [
        prepare('shell', 'Using Shell (pwsh) executor...'),
        environment('Running on WIN-BUILD7...'),
        sources,
        script(
          command('$env:Path += ";C:\\tools\\signing"'),
          command('./build/Sign-Package.ps1 -Thumbprint $env:SIGNING_KEY'),
          'Signing 3 files',
          paint.red('Get-Item: C:\\GitLab-Runner\\builds\\acme\\Sign-Package.ps1:14'),
          paint.red('Line |'),
          paint.red('  14 |  $cert = Get-Item "Cert:\\CurrentUser\\My\\$Thumbprint"'),
          paint.red(
            "     | Cannot find path 'Cert:\\CurrentUser\\My\\9F2B' because it does not exist.",
          ),
        ),
        cleanUp,
      ],
      failure: ': exit status 0x1',
    }),
    says: {
      section: 'step_script',
      command: '$ ./build/Sign-Package.ps1 -Thumbprint $env:SIGNING_KEY',
      exitCode: 1,
      errors: ["     | Cannot find path 'Cert:\\CurrentUser\\My\\9F2B' because it does not exist."],
    },
  },
  {
    name: 'kubernetes',
    reason: 'script_failure',
    log: write({
      runner: 'kubernetes-eu',
      sections: [
        prepare(
          'kubernetes',
          'Using Kubernetes namespace: ci-jobs',
          'Using Kubernetes executor with image python:3.14 ...',
          'Using attach strategy to execute scripts...',
        ),
        environment(
          'Waiting for pod ci-jobs/runner-t1xq9w2-project-108-concurrent-0-k2v9 to be running, status is Pending',
          'Running on runner-t1xq9w2-project-108-concurrent-0-k2v9 via kubernetes-eu-6c5f...',
        ),
        sources,
        script(
          command('python -m indexer --all'),
          'indexed 10000 documents',
          'indexed 20000 documents',
          'Killed',
        ),
        cleanUp,
      ],
      failure: ': command terminated with exit code 137',
      timestamps: true,
    }),
    says: {
      section: 'step_script',
      command: '$ python -m indexer --all',
      exitCode: 137,
      errors: [],
    },
  },
  {
    name: 'npm',
    reason: 'script_failure',
    log: write({
      sections: [
        ...docker('node:24'),
        script(
          command('npm ci'),
          'npm error code ERESOLVE',
          'npm error ERESOLVE could not resolve',
          'npm error',
          'npm error While resolving: @acme/calendar@4.2.0',
          'npm error Found: react@19.2.0',
          'npm error   react@"^19.2.0" from the root project',
          'npm notice A complete log of this run is in /root/.npm/_logs',
        ),
        cleanUp,
      ],
      failure: ': exit code 1',
      timestamps: true,
    }),
    says: {
      section: 'step_script',
      command: '$ npm ci',
      exitCode: 1,
      errors: [
        'npm error code ERESOLVE',
        'npm error ERESOLVE could not resolve',
        'npm error',
        'npm error While resolving: @acme/calendar@4.2.0',
        'npm error Found: react@19.2.0',
        'npm error   react@"^19.2.0" from the root project',
      ],
    },
  },
  {
    name: 'pytest',
    reason: 'script_failure',
    log: write({
      sections: [
        ...docker('python:3.14'),
        script(
          command('pip install --quiet -r requirements.txt'),
          command('pytest -q tests'),
          '..........F......                                        [100%]',
          '=================================== FAILURES ===================================',
          '_____________________________ test_rounds_to_cents _____________________________',
          '    def test_rounds_to_cents():',
          '>       assert price("4.005") == Decimal("4.01")',
          paint.red("E       AssertionError: assert Decimal('4.00') == Decimal('4.01')"),
          '',
          `${paint.red('tests/test_price.py')}:18: AssertionError`,
          '=========================== short test summary info ============================',
          "FAILED tests/test_price.py::test_rounds_to_cents - AssertionError: assert Decimal('4.00') == Decimal('4.01')",
          '1 failed, 16 passed in 0.84s',
        ),
        section(
          'upload_artifacts_on_failure',
          'Uploading artifacts for failed job',
          paint.green('Uploading artifacts...'),
          'report.xml: found 1 matching artifact files and directories',
        ),
        cleanUp,
      ],
      failure: ': exit code 1',
    }),
    says: {
      section: 'step_script',
      command: '$ pytest -q tests',
      exitCode: 1,
      errors: [
        "E       AssertionError: assert Decimal('4.00') == Decimal('4.01')",
        'tests/test_price.py:18: AssertionError',
        "FAILED tests/test_price.py::test_rounds_to_cents - AssertionError: assert Decimal('4.00') == Decimal('4.01')",
        '1 failed, 16 passed in 0.84s',
      ],
    },
  },
  {
    name: 'go',
    reason: 'script_failure',
    log: write({
      sections: [
        ...docker('golang:1.26'),
        script(
          command('go test ./...'),
          'ok  \tacme.example/ledger/money\t0.412s',
          '--- FAIL: TestTransfer (0.00s)',
          '    transfer_test.go:52: balance = 90, want 100',
          'panic: runtime error: invalid memory address or nil pointer dereference',
          'goroutine 34 [running]:',
          'acme.example/ledger/book.(*Entry).Post(0x0, 0xa)',
          'FAIL\tacme.example/ledger/book\t0.208s',
          'FAIL',
        ),
        section(
          'archive_cache',
          'Saving cache for failed job',
          'Not uploading cache due to policy',
        ),
        cleanUp,
      ],
      failure: ': exit code 1',
      timestamps: true,
    }),
    says: {
      section: 'step_script',
      command: '$ go test ./...',
      exitCode: 1,
      errors: [
        '--- FAIL: TestTransfer (0.00s)',
        'panic: runtime error: invalid memory address or nil pointer dereference',
        'FAIL\tacme.example/ledger/book\t0.208s',
        'FAIL',
      ],
    },
  },
  {
    name: 'maven',
    reason: 'script_failure',
    log: write({
      sections: [
        ...docker('maven:3.9'),
        script(
          command('mvn --batch-mode verify'),
          '[INFO] Tests run: 31, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.91 s -- in acme.CartTest',
          '[ERROR] Tests run: 4, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 0.07 s <<< FAILURE! -- in acme.TaxTest',
          '[ERROR] acme.TaxTest.roundsDown -- Time elapsed: 0.01 s <<< FAILURE!',
          'org.opentest4j.AssertionFailedError: expected: <19> but was: <20>',
          '[INFO] BUILD FAILURE',
          '[INFO] Total time:  12.331 s',
        ),
        cleanUp,
      ],
      failure: ': exit code 1',
    }),
    says: {
      section: 'step_script',
      command: '$ mvn --batch-mode verify',
      exitCode: 1,
      errors: [
        '[ERROR] Tests run: 4, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 0.07 s <<< FAILURE! -- in acme.TaxTest',
        '[ERROR] acme.TaxTest.roundsDown -- Time elapsed: 0.01 s <<< FAILURE!',
        'org.opentest4j.AssertionFailedError: expected: <19> but was: <20>',
        '[INFO] BUILD FAILURE',
      ],
    },
  },
  {
    name: 'rust',
    reason: 'script_failure',
    log: write({
      sections: [
        ...docker('rust:1.91'),
        script(
          command('cargo build --locked'),
          `${paint.green('   Compiling')} parcel v0.7.1 (/builds/acme/parcel)`,
          `${paint.red('error[E0502]')}: cannot borrow \`queue\` as mutable because it is also borrowed as immutable`,
          '  --> src/route.rs:88:13',
          '   |',
          '88 |             queue.push(next);',
          '   |             ^^^^^ mutable borrow occurs here',
          '',
          `${paint.red('error')}: could not compile \`parcel\` (lib) due to 1 previous error`,
        ),
        cleanUp,
      ],
      failure: ': exit code 101',
      timestamps: true,
    }),
    says: {
      section: 'step_script',
      command: '$ cargo build --locked',
      exitCode: 101,
      errors: [
        'error[E0502]: cannot borrow `queue` as mutable because it is also borrowed as immutable',
        'error: could not compile `parcel` (lib) due to 1 previous error',
      ],
    },
  },
  {
    name: 'docker build',
    reason: 'script_failure',
    log: write({
      sections: [
        ...docker('docker:29'),
        script(
          command('docker build --tag "$IMAGE" .'),
          '#1 [internal] load build definition from Dockerfile',
          '#1 DONE 0.0s',
          '#7 [build 3/5] RUN apk add --no-cache libvips-dev',
          '#7 1.204 fetch https://mirror.example.com/alpine/v3.22/main',
          '#7 1.911   libvips-dev (no such package):',
          '#7 ERROR: process "/bin/sh -c apk add --no-cache libvips-dev" did not complete successfully: exit code: 1',
          '------',
          ' > [build 3/5] RUN apk add --no-cache libvips-dev:',
          '------',
          'ERROR: failed to build: failed to solve: process "/bin/sh -c apk add --no-cache libvips-dev" did not complete successfully: exit code: 1',
        ),
        section('after_script', 'Running after_script', command('docker logout')),
        cleanUp,
      ],
      failure: ' (exit code: 1)',
    }),
    says: {
      section: 'step_script',
      command: '$ docker build --tag "$IMAGE" .',
      exitCode: 1,
      errors: [
        '#7 1.911   libvips-dev (no such package):',
        '#7 ERROR: process "/bin/sh -c apk add --no-cache libvips-dev" did not complete successfully: exit code: 1',
        'ERROR: failed to build: failed to solve: process "/bin/sh -c apk add --no-cache libvips-dev" did not complete successfully: exit code: 1',
      ],
    },
  },
];
