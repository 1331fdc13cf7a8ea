import fc from 'fast-check';
import { runs, SEED } from '../helpers/runs.ts';

fc.configureGlobal({ numRuns: runs(100), seed: SEED });
